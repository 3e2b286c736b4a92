"""Measures this station with real trials in a real window: exposures, sounds against flips, presses against records.

What is measured goes the whole way that a session's does: through the presenter's flow, its stream and its event queue.
`protocols.doctor` puts it in words; the benchmarks call it with more trials.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from devkit.errors import UserError
from devkit.ids import digest_bytes, uuid7
from devkit.respondents import Answer, PresentedTurn, SessionContext, ShownChoice, Timing
from protocols.equipment import DisplaySettings, SoundSettings
from protocols.human import HumanRespondent
from protocols.loopback import Deviations, Recorder, deviations, write_chirp
from protocols.presenter.volume import default_output
from protocols.process import Presenter
from protocols.robot import RobotPerson, RobotTraits
from protocols.station import MeasuredSound

TAPS = 20
EXPOSURES = 15
EXPOSURE_MS = 200
SOUNDS = 20
PICTURE = (400, 300)
GREYS = ("#b0b0b0", "#606060", "#909090", "#c8c8c8")
SEARCH_S = 0.2
SETTLE_S = 0.5


@dataclass(frozen=True, slots=True)
class MeasuredExposures:
    """How long pictures stood.

    Attributes:
        errors_ms: Measured from flip to flip, less what was wished.
        frame_ms: What counts as a frame.
        late: Trials with an interval above 1.5 frames.
    """

    errors_ms: tuple[float, ...]
    frame_ms: float
    late: int

    @property
    def within_half_a_frame(self) -> float:
        """Share of exposures that were off by at most half a frame."""
        return sum(abs(error) <= self.frame_ms / 2 for error in self.errors_ms) / max(1, len(self.errors_ms))


@dataclass(frozen=True, slots=True)
class MeasuredSounds:
    """How sounds lay against flips, as a recording heard them.

    Attributes:
        flips: Heard less flip, over all sounds; both were to be at one time.
        stated: Heard less the time that the output device stated: the station's constant.
        through: ``monitor`` or ``microphone``.
        output_name: The name that measurements of this output are kept under.
    """

    flips: Deviations
    stated: Deviations
    through: str
    output_name: str

    def to_keep(self) -> MeasuredSound:
        """Return what the station's file keeps."""
        return MeasuredSound(
            offset_ms=round(self.stated.median_ms, 2),
            sd_ms=round(self.stated.sd_ms, 3),
            p95_ms=round(self.stated.p95_ms, 3),
            sounds=self.stated.heard,
            through="monitor" if self.through == "monitor" else "microphone",
            measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )


class Media:
    """Pictures and a sound to measure with, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pictures = tuple(self._picture(colour) for colour in GREYS)
        self.chirp = digest_bytes(b"chirp")
        write_chirp(folder / self.chirp)

    def path(self, digest: str) -> Path:
        """Return the file of a digest."""
        return self._folder / digest

    def _picture(self, colour: str) -> str:
        digest = digest_bytes(colour.encode())
        Image.new("RGB", PICTURE, colour).save(self._folder / digest, "PNG")
        return digest


@contextmanager
def session(
    display: str | None,
    *,
    sound: SoundSettings | bool = False,
    settings: DisplaySettings | None = None,
    presenter: Presenter | None = None,
) -> Iterator[tuple[HumanRespondent, Media]]:
    """Open a session that is recorded nowhere.

    Args:
        display: X display; None takes the environment's.
        sound: Sound settings, or whether there is sound.
        settings: The screen; None takes the first one.
        presenter: A warm presenter to use.

    Raises:
        UserError: There is no display, or the window does not come up.
    """
    with tempfile.TemporaryDirectory(prefix="devkit-") as folder:
        media = Media(Path(folder))
        person = HumanRespondent(
            "doctor", kind="adult", x_display=display, sound=sound, display=settings, presenter=presenter
        )
        try:
            person.open(SessionContext(uuid7(), media.path, 0, "en"))
            yield person, media
        finally:
            person.close()


def turn(number: int, layout: str, labels: tuple[str, ...], **changes: object) -> PresentedTurn:
    """Return a turn that asks nothing of anybody."""
    plain = PresentedTurn(
        trial_id=uuid7(),
        turn_index=0,
        turn_count=1,
        task="doctor",
        form="standard",
        item_id=f"{layout}-{number}",
        kind="test",
        prompt="",
        images=(),
        stimuli=(),
        choices=tuple(ShownChoice(label, None, "", None) for label in labels),
        target_position=0,
        answer_format="word",
        layout=layout,
        timing=Timing(answer_max_ms=1, prompt="none", gap_ms=0),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def measure_exposures(
    person: HumanRespondent, media: Media, count: int = EXPOSURES, exposure_ms: int = EXPOSURE_MS
) -> MeasuredExposures:
    """Show a picture so many times for so long, and measure how long it stood.

    Args:
        person: An open session.
        media: Its pictures.
        count: How many times.
        exposure_ms: For how long.
    """
    timing = Timing(answer_max_ms=1, exposure_ms=exposure_ms, prompt="none", gap_ms=0, mask_ms=50)
    errors, late = [], 0
    for number in range(count):
        picture = media.pictures[number % len(media.pictures)]
        put = turn(number, "single_number", ("1",), images=(picture,), stimuli=(picture,), timing=timing)
        answer = person.answer(put, ())
        late += "late_frames" in answer.flags
        if answer.measured.exposure_ms is not None:
            errors.append(answer.measured.exposure_ms - exposure_ms)
    frame_ms = person.opened.display.frame_ms if person.opened is not None else 1000 / 60
    return MeasuredExposures(tuple(errors), frame_ms, late)


def monitor_source() -> str:
    """Return the source that hears what the sound server plays; empty where there is none."""
    output = default_output()
    return f"{output.name}.monitor" if output is not None and output.name else ""


def measure_sounds(
    person: HumanRespondent,
    media: Media,
    count: int = SOUNDS,
    *,
    microphone: bool = False,
    tell: Callable[[int], None] = lambda done: None,
) -> MeasuredSounds:
    """Play a sound at a flip so many times, and hear when it came.

    Args:
        person: An open session with sound.
        media: Its pictures and its sound.
        count: How many times.
        microphone: Listen with the microphone also where there is a monitor.
        tell: Called with the number of sounds played.

    Raises:
        UserError: There is nothing to listen with.
    """
    source = "" if microphone else monitor_source()
    shown = media.pictures[:2]
    choices = tuple(ShownChoice(label, digest, "", None) for label, digest in zip("ab", shown, strict=True))
    rng = random.Random(7)
    rows: list[tuple[float, float]] = []
    zero_s = time.perf_counter() - person.now_ms() / 1000
    with Recorder(source) as recorder:
        for number in range(count):
            timing = Timing(answer_max_ms=1, prompt="audio", gap_ms=rng.randrange(150, 260))
            put = turn(number, "pair", ("a", "b"), images=shown, choices=choices, timing=timing)
            measured = person.answer(replace(put, spoken="-", spoken_media=media.chirp), ()).measured
            if measured.onset_ms is not None and measured.prompt_onset_ms is not None:
                rows.append((zero_s + measured.onset_ms / 1000, zero_s + measured.prompt_onset_ms / 1000))
            tell(number + 1)
        time.sleep(SETTLE_S)
        heard = [recorder.heard_at(stated, SEARCH_S) for _, stated in rows]
    lost: list[float | None] = [None] * (count - len(rows))
    flips = [None if at is None else (at - flip) * 1000 for at, (flip, _) in zip(heard, rows, strict=True)]
    stated = [None if at is None else (at - said) * 1000 for at, (_, said) in zip(heard, rows, strict=True)]
    name = person.opened.sound.output_name if person.opened is not None else ""
    return MeasuredSounds(
        deviations([*flips, *lost]), deviations([*stated, *lost]), "monitor" if source else "microphone", name
    )


def measure_taps(display: str, taps: int = TAPS) -> tuple[list[float], int, str]:
    """Press a window and compare when with what was recorded.

    Args:
        display: X display; its pointer will move.
        taps: Number of presses of 12 ms.

    Returns:
        Differences between recorded and true time, ms; presses lost; how their times were read.
    """
    timing = Timing(answer_max_ms=2000, prompt="none", gap_ms=0)
    turns = [turn(number, "sequence", ("left", "right"), timing=timing) for number in range(taps)]
    robot = RobotPerson(
        "doctor",
        traits=RobotTraits(rt_median_ms=150, rt_spread=0.3),
        x_display=display,
        sound=False,
        decide=lambda turn, rng: rng.randrange(2),
    )
    answers: list[Answer] = []
    try:
        robot.open(SessionContext(uuid7(), no_media, random.randrange(2**31), "en", turns))
        answers += [robot.answer(one, ()) for one in turns]
    finally:
        robot.close()
    errors, device = [], ""
    for press, answer in zip(robot.presses, answers, strict=True):
        onset = answer.measured.onset_ms
        if answer.outcome == "answered" and answer.position == press.position and answer.rt_ms and onset:
            errors.append(onset + answer.rt_ms - press.pressed_ms)
            device = answer.measured.input_device or ""
    return errors, taps - len(errors), device


def no_media(digest: str) -> Path:
    """Find no file: for sessions that show none."""
    raise UserError(f"there is no file {digest}")
