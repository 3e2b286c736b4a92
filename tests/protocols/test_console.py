"""What a typed line means, what the examiner is told, and how decisions in trouble get through."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.errors import Problem, UserError
from protocols.console import Console, Keyed, parse_line
from protocols.controls import Command, Stage
from protocols.desk import DISK_WAYS, WAYS, SessionState, StopRule


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("", Command(name="next")),
        ("p", Command(name="pause")),
        (" GO ", Command(name="resume")),
        ("r", Command(name="repeat")),
        ("t", Command(name="repeat_trial")),
        ("l", Command(name="attention")),
        ("u 7", Command(name="undo", detail="7")),
        ("u", Command(name="undo")),
        ("n Looked at Mum", Command(name="note", detail="Looked at Mum")),
        ("e", Command(name="end", reason="breakoff")),
        ("e b", Command(name="end", reason="breakoff")),
        ("e 1", Command(name="end", reason="reason_code", detail="fuss_out")),
        ("e tired since trial 3", Command(name="end", reason="reason_code", detail="tired: since trial 3")),
        ("e o fire alarm", Command(name="end", reason="other", detail="fire alarm")),
        ("7", Keyed(("7", "return"))),
        ("12", Keyed(("1", "2", "return"))),
        ("-", Keyed(("n",))),
        ("!", Keyed(("i",))),
        ("?", None),
    ],
)
def test_what_a_line_means(line: str, meant: object) -> None:
    assert parse_line(line) == meant


@pytest.mark.parametrize(
    ("line", "hint"), [("paus", "did you mean 'pause'"), ("e tird", "tired"), ("n", "looked"), ("1234", "lists")]
)
def test_what_means_nothing_is_said(line: str, hint: str) -> None:
    with pytest.raises(UserError, match=hint):
        parse_line(line)


@given(st.text(max_size=30))
def test_no_line_breaks_the_console(line: str) -> None:
    try:
        meant = parse_line(line)
    except UserError:
        return
    assert meant is None or isinstance(meant, Command | Keyed)


class Terminal:
    """A console with somebody who types; what it says and sends can be waited for."""

    def __init__(self) -> None:
        self.typed: queue.Queue[str | None] = queue.Queue()
        self.said: list[str] = []
        self.sent: queue.Queue[Command] = queue.Queue()
        self._answers: tuple[str, ...] = ()
        self.console = Console(self._lines(), self._say, self.sent.put)
        self.console.start()

    def answering(self, *lines: str) -> None:
        """Type these lines when the console says that it is paused."""
        self._answers = lines

    def _say(self, line: str) -> None:
        self.said.append(line)
        if line.startswith("PAUSED"):
            for answer in self._answers:
                self.typed.put(answer)

    def _lines(self) -> Iterator[str]:
        while (line := self.typed.get()) is not None:
            yield line + "\n"


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.typed.put(None)


def test_lines_become_commands_and_mistakes_are_said(terminal: Terminal) -> None:
    for line in ("paws", "p", "n it rained", "3"):
        terminal.typed.put(line)
    sent = [terminal.sent.get(timeout=60) for _ in range(3)]
    assert [(command.name, command.detail) for command in sent] == [("pause", ""), ("note", "it rained"), ("key", "3")]
    assert any("'paws' means nothing here" in line for line in terminal.said)


def test_a_number_is_confirmed_where_one_is_awaited(terminal: Terminal) -> None:
    terminal.console.hear(Stage(trial_id="t", turn_index=0, name="awaiting", t_ms=1.0, entry=True))
    terminal.typed.put("11")
    assert [terminal.sent.get(timeout=60).detail for _ in range(3)] == ["1", "1", "return"]


@pytest.mark.parametrize(("lines", "way"), [(("a",), "again"), (("nonsense", "p", "skip"), "skip"), (("e",), "end")])
def test_in_trouble_a_decision_is_waited_for(lines: tuple[str, ...], way: str, terminal: Terminal) -> None:
    terminal.answering(*lines)
    assert terminal.console.trouble(Problem("tracker", "the eye tracker gives no samples"), WAYS) == way
    assert any(line.startswith("PAUSED: the eye tracker gives no samples") for line in terminal.said)
    assert terminal.sent.empty(), "what is typed in trouble is a decision, not a command"


def test_a_full_disk_cannot_be_skipped(terminal: Terminal) -> None:
    terminal.answering("s", "a")
    assert terminal.console.trouble(Problem("disk", "cannot be written"), DISK_WAYS) == "again"


def test_the_state_is_one_line(terminal: Terminal) -> None:
    state = SessionState(
        session_id="s",
        title="Who has more?",
        t_ms=75_000,
        trial=3,
        trials=22,
        recorded=2,
        block=1,
        blocks=1,
        block_title="Who has more?",
        task="who_has_more",
        form="synthetic",
        item_id="i",
        trial_kind="practice",
        attempt=1,
        turn=1,
        turns=1,
        prompt="Which has more?",
        target="left",
        choices=("left", "right"),
        next=None,
        stops=(StopRule("wrong_in_a_row", 2, 4),),
    )
    terminal.console.state(state)
    expected = "1:15 · 3 of 22, practice · Who has more? · right: left · wrong in a row 2 of 4"
    assert terminal.said[-1] == expected
