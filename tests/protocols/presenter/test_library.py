"""Every protocol of the library for people runs to its end with a robot at a real window, in English and Spanish.

Here with few items of every block; `make soak` runs them whole and in real time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from devkit.lab import Lab
from devkit.tasks import STAGED
from protocols.load import load_protocol
from protocols.presenter.virtual import VirtualScreen
from protocols.process import Presenter
from tests.protocols.presenter.batteries import bank_with_pictures
from tests.protocols.presenter.library_runs import FOR_PEOPLE, robot_session, shortened

FRAME_MS = 10 * 1000 / 60  # of the session's clock; times are met to the nearest frame
pytestmark = [pytest.mark.screen, pytest.mark.slow]


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_library_runs_to_its_end(
    language: str,
    tmp_path: Path,
    screen: VirtualScreen,
    presenter: Presenter,
    sound_server: dict[str, str] | None,
) -> None:
    lab, bank = Lab.create(tmp_path / "lab"), bank_with_pictures(tmp_path, 40, dialogues=4)
    for name in FOR_PEOPLE:
        protocol = shortened(load_protocol(name))
        session = robot_session(
            lab,
            bank,
            protocol,
            language,
            presenter=presenter,
            display=screen.display,
            time_scale=10.0,
            sound=sound_server is not None,
        )
        assert session.end is not None
        assert session.end.reason == "completed", name
        trials = list(session.trials)
        assert {(trial.task, trial.form) for trial in trials} == {(b.task, b.form) for b in protocol.blocks}, name
        assert {trial.language for trial in trials} == {language}
        assert {trial.outcome for trial in trials if trial.trial_kind != "demonstration"} == {"answered"}, name
        assert {trial.respondent_kind for trial in trials} == {"simulation"}
        assert {trial.time_scale for trial in trials} == {10.0}
        _check(name, trials, session.events, sounding=sound_server is not None)


def _check(name: str, trials: list, events: object, *, sounding: bool) -> None:  # type: ignore[type-arg]
    """What each measure must leave behind."""
    if name == "memory":
        test = [trial for trial in trials if trial.turns and trial.turns[0].phase == "test"]
        assert all((trial.delay_ms or 0) >= 30_000 - FRAME_MS for trial in test)
    if name == "picture-vocabulary":
        assert all(trial.theta is not None for trial in trials if trial.trial_kind == "test")
    if name == "familiarization":
        assert all(trial.look_ms is not None for trial in trials)
    if name in ("visual-delayed-response", "memory"):
        delays = [t.delay_ms for t in trials if t.task in STAGED or t.task == "visual_delayed_response"]
        assert all(delay is not None and delay >= 9000 - FRAME_MS for delay in delays), "late on a busy machine"
    if name == "subitizing":
        assert all((trial.exposure_ms or 0) >= 1000 - FRAME_MS for trial in trials), "late on a busy machine"
    if sounding and name == "looking-while-listening":
        heard = [trial for trial in trials if "sound_lost" not in trial.flags]
        assert heard
        assert all(trial.word_onset_ms is not None for trial in heard), "the onset of a rendered word is known"
        assert any(event.name == "prompt_again" for event in events), "the word is named twice"  # type: ignore[attr-defined]
