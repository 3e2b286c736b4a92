"""The examiner's text console: a line typed in the terminal controls the child's screen, until the app's screen does.

`parse_line` says what a line means and is pure; `Console` reads lines on a thread of its own, passes them on, and tells
in one line each where the session stands (it is a `protocols.desk.Desk`). It neither opens windows nor records.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from devkit.errors import Problem, UserError, did_you_mean
from devkit.records import TrialRecord
from protocols.controls import REASONS, Command, CommandName, Entry, Stage
from protocols.desk import Decision, SessionState
from protocols.messages import Notice, ToParent

WORDS: dict[str, CommandName] = {
    "": "next",
    "next": "next",
    "p": "pause",
    "pause": "pause",
    "g": "resume",
    "go": "resume",
    "resume": "resume",
    "r": "repeat",
    "repeat": "repeat",
    "t": "repeat_trial",
    "again": "repeat_trial",
    "s": "skip",
    "skip": "skip",
    "l": "attention",
    "look": "attention",
    "u": "undo",
    "undo": "undo",
    "n": "note",
    "note": "note",
    "e": "end",
    "end": "end",
}
KEYS = {"-": "n", "none": "n", "!": "i", "invalid": "i"}
HELP = """Enter  start the waiting trial, end an attention-getter, or no response      p  pause      g  go on
r  repeat the prompt      t  repeat the trial      s  skip      l  attention-getter now
7  the number, or place, that the child named      -  no response      !  invalid      u [7]  undo a mis-keyed answer
n WORDS  note      e [REASON] [WORDS]  end early      ?  this help
Reasons: {reasons}; b breakoff, o other"""
WAYS: dict[str, Decision] = {"a": "again", "again": "again", "s": "skip", "skip": "skip", "e": "end", "end": "end"}
TOLD = {
    "ready": "waits for you: Enter goes on",
    "attention": "attention-getter",
    "paused": "PAUSED: g goes on",
    "resumed": "goes on",
    "ending": "which reason? keys in the window: b, o, 1 to 9; g goes on",
    "correcting": "key what should have been keyed, in the window",
    "placement": "head placement: Enter goes on",
    "calibration": "calibration",
}


@dataclass(frozen=True, slots=True)
class Keyed:
    """An answer that the examiner types for the child: the keys of the window that it amounts to."""

    keys: tuple[str, ...]


def parse_line(line: str) -> Command | Keyed | None:
    """Return what a line means; None asks for help.

    Raises:
        UserError: It means nothing.
    """
    word, _, rest = line.strip().partition(" ")
    rest, small = rest.strip(), word.lower()
    if small in ("?", "h", "help"):
        return None
    if small in KEYS:
        return Keyed((KEYS[small],))
    if small.isascii() and small.isdigit() and len(small) <= 3:
        return Keyed((*small, "return"))
    name = WORDS.get(small)
    if name is None:
        known = [known for known in WORDS if len(known) > 1]
        raise UserError(f"'{word}' means nothing here", hint=did_you_mean(small, known) or "? lists what does")
    if name == "end":
        return _end(rest)
    if name == "note" and not rest:
        raise UserError("a note needs words", hint="n looked at the door")
    return Command(name=name, detail=rest if name in ("note", "undo") else "")


def _end(rest: str) -> Command:
    word, _, words = rest.partition(" ")
    words = words.strip()
    if word.lower() in ("", "b", "breakoff"):
        return Command(name="end", reason="breakoff", detail=words)
    for reason in REASONS:
        if word.lower() in (reason.key, reason.code):
            return Command(name="end", reason="reason_code", detail=": ".join(filter(None, (reason.code, words))))
    if word.lower() in ("o", "other"):
        return Command(name="end", reason="other", detail=words)
    hint = did_you_mean(word, [reason.code for reason in REASONS]) or ", ".join(reason.code for reason in REASONS)
    raise UserError(f"'{word}' is no reason", hint=hint)


class Console:
    """The console of one session.

    Args:
        lines: What the examiner types; reading it may block.
        say: Shows a line to the examiner.
        send: Passes a command on (`protocols.human.HumanRespondent.command`).
    """

    def __init__(self, lines: Iterable[str], say: Callable[[str], None], send: Callable[[Command], None]) -> None:
        self._lines, self.say, self._send = lines, say, send
        self._decisions: queue.Queue[Decision] = queue.Queue()
        self._ways: tuple[Decision, ...] = ()
        self._entry = False

    def start(self) -> None:
        """Begin to read lines, until they end or the program does."""
        reasons = ", ".join(f"{reason.key} {reason.code}" for reason in REASONS)
        self.say(HELP.format(reasons=reasons))
        threading.Thread(target=self._read, name="console", daemon=True).start()

    def state(self, state: SessionState) -> None:
        """Say in one line what comes now."""
        turn = f", turn {state.turn} of {state.turns}" if state.turns > 1 else ""
        kind = "" if state.trial_kind == "test" else f", {state.trial_kind}"
        stops = "".join(f" · {stop.rule.replace('_', ' ')} {stop.now:g} of {stop.limit:g}" for stop in state.stops)
        if state.over:
            self.say(f"the session is over: {state.recorded} trials")
            return
        clock = f"{int(state.t_ms // 60_000)}:{int(state.t_ms // 1000 % 60):02d}"
        where = f"{state.trial} of {state.trials}{turn}{kind} · {state.block_title}"
        self.say(f"{clock} · {where} · right: {state.target}{stops}")

    def recorded(self, record: TrialRecord) -> None:
        """Say in one line what was answered."""
        verdict = {True: "right", False: "wrong", None: ""}[record.correct]
        rt = f"{record.rt_ms:.0f} ms" if record.rt_ms is not None else ""
        self.say("  " + ", ".join(filter(None, (record.outcome, record.answer, verdict, rt, *record.exclusion))))
        if record.stop_rule:
            self.say(f"  this ends the task ({record.stop_rule.replace('_', ' ')})")

    def trouble(self, problem: Problem, ways: tuple[Decision, ...]) -> Decision:
        """Say what is in the way and wait for a decision."""
        words = {"again": "a try again", "skip": "s leave the trial out", "end": "e end the session"}
        self._ways = ways
        self.say(f"PAUSED: {problem}\n{', '.join(words[way] for way in ways)}?")
        try:
            return self._decisions.get()
        finally:
            self._ways = ()

    def hear(self, message: ToParent) -> None:
        """Say what happens on the child's screen where the examiner has to know; called on the presenter's thread."""
        if isinstance(message, Stage):
            self._entry = message.entry
            text = "key the number" if message.entry and message.name == "awaiting" else TOLD.get(message.name)
            if text:
                self.say(f"  {text}")
        elif isinstance(message, Entry):
            self.say(f"  {message.digits or '(nothing)'}")
        elif isinstance(message, Notice):
            does = ": g tries again, s leaves the trial out, e ends the session" if message.paused else ""
            self.say(f"{'PAUSED: ' if message.paused else ''}{message.message} ({message.hint}){does}")

    def _read(self) -> None:
        for line in self._lines:
            try:
                self._take(line)
            except UserError as error:
                self.say(str(error))

    def _take(self, line: str) -> None:
        if self._ways:
            way = WAYS.get(line.strip().lower())
            if way in self._ways:
                self._decisions.put(way)
            else:
                self.say(f"answer {', '.join(self._ways)}")
            return
        meant = parse_line(line)
        if meant is None:
            self.say(HELP.format(reasons=", ".join(f"{reason.key} {reason.code}" for reason in REASONS)))
        elif isinstance(meant, Keyed):
            for key in meant.keys if self._entry else meant.keys[:1]:
                self._send(Command(name="key", detail=key))
        else:
            self._send(meant)
