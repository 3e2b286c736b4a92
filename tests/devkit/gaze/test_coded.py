"""Coded gaze from file to record: readers, sides, times, shares, a coder's sheet, and agreement with worked numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.cli import root
from devkit.errors import UserError
from devkit.gaze.agreement import agree, compare, match
from devkit.gaze.coding import begin, resume, save
from devkit.gaze.files import CodedFrame, mirrored, read_icatcher, read_manual
from devkit.gaze.session import Clock, bring, looking_trials, rows_of
from devkit.lab import Lab
from devkit.lab.check import check
from devkit.lab.videos import make_folder, times_path
from devkit.respondents import Answer, Exchange, Measured, PresentedTurn, RespondentInfo, SessionContext
from protocols.load import load_protocol
from protocols.placeholder import placeholder_bank
from protocols.planner import make_plan
from protocols.runner import run_in_lab

GAP_MS = 10_000.0


class Silent:
    """A child in looking trials without a tracker: the n-th trial's word comes at 3 s + n times 10 s."""

    def __init__(self) -> None:
        self.count = 0

    def describe(self) -> RespondentInfo:
        return RespondentInfo(code="C1", kind="child", age_days=500)

    def open(self, session: SessionContext) -> None:
        pass

    def now_ms(self) -> float:
        return self.count * GAP_MS

    def answer(self, turn: PresentedTurn, history: Sequence[Exchange]) -> Answer:
        onset = self.count * GAP_MS + 1000
        self.count += 1
        measured = Measured(onset_ms=onset, word_onset_ms=onset + 2000)
        return Answer(source="examiner", outcome="none", measured=measured, flags=("gaze_not_recorded",))

    def close(self) -> None:
        pass


@pytest.fixture
def filmed(tmp_path: Path) -> tuple[Lab, str]:
    lab, bank = Lab.create(tmp_path / "lab"), placeholder_bank(4, dialogues=1)
    plan = make_plan(load_protocol("battery"), bank, "C1", 1)
    plan = plan.changed(trials=tuple(trial for trial in plan.trials if trial.block == 0))
    finished = run_in_lab(lab, plan, bank, Silent())
    return lab, finished.session_id


def film(lab: Lab, session_id: str, fps: float = 30.0) -> None:
    """Write the times of a video's frames over the whole session."""
    make_folder(lab.path)
    end = len(lab.read_session(session_id).trials) * GAP_MS
    rows = [f"{n},{n * 1000 / fps:.3f}" for n in range(int(end * fps / 1000))]
    times_path(lab.path, session_id).write_text("frame,session_ms\n" + "\n".join(rows) + "\n")


def icatcher(lab: Lab, session_id: str, path: Path, *, target_share: int = 4) -> None:
    """Write what iCatcher+ would: after the word the target in all but every n-th frame, as the camera sees it."""
    trials = {trial.trial_index: trial for trial in lab.read_session(session_id).trials}
    lines = []
    for n in range(int(len(trials) * GAP_MS * 30 / 1000)):
        t_ms = n * 1000 / 30
        trial = trials[min(int(t_ms // GAP_MS), len(trials) - 1)]
        after = t_ms >= (trial.word_onset_ms or 0)
        side = "left" if trial.target_position == 0 else "right"
        other = "right" if side == "left" else "left"
        child = side if after and n % target_share else other
        seen = "right" if child == "left" else "left"
        lines.append(f"{n}, {'noface' if n % 50 == 0 else seen}, {-1 if n % 50 == 0 else 0.9:.02f}")
    path.write_text("\n".join(lines) + "\n")


def test_icatcher_comes_in_from_the_cameras_side(filmed: tuple[Lab, str], tmp_path: Path) -> None:
    lab, session_id = filmed
    film(lab, session_id)
    icatcher(lab, session_id, tmp_path / "video.txt")
    line = ["gaze", "import", str(lab.path), session_id, str(tmp_path / "video.txt"), "--format", "icatcher"]
    assert root.run([*line, "--coder", "icatcher+"]) == 0
    session = lab.read_session(session_id)
    assert session.end is not None
    assert session.problems == ()
    assert {sample.coder for sample in session.gaze} == {"icatcher+"}
    for trial in session.trials:
        assert trial.look_target == pytest.approx(0.75, abs=0.03)
        assert trial.look_baseline == 0.0
        assert trial.look_usable == pytest.approx(0.98, abs=0.02)
        assert (trial.outcome, trial.answer_source, trial.correct) == ("answered", "gaze", None)
        assert {c.who for c in trial.corrections} == {"icatcher+"}
        mine = [sample.t_word_ms for sample in session.gaze if sample.trial_id == trial.trial_id]
        assert mine == sorted(mine)
        assert min(mine) == pytest.approx(-2000, abs=34)
    assert any(sample.confidence == 0.9 for sample in session.gaze)
    assert any(sample.confidence is None and sample.aoi == "missing" for sample in session.gaze)
    assert check(lab).problems == []
    assert root.run([*line, "--coder", "icatcher+"]) == 2, "the same coder's gaze is not taken twice"
    assert len(lab.read_session(session_id).gaze) == len(session.gaze)


def test_the_compressed_form_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("0, left, 0.50\n1, right, 0.75\n2, away, 1.00\n3, noface, -1.00\n")
    np.savez(tmp_path / "a", np.array([1, 2, 0, -2]), np.array([0.5, 0.75, 1.0, -1.0]))
    assert read_icatcher(tmp_path / "a.npz") == read_icatcher(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0, left\n", "a line is"),
        ("0, up, 0.5\n", "no class 'up'"),
        ("x, left, 0.5\n", "no frame number"),
        ("0, on, 0.5\n", "without --on_off"),
        ("", "empty"),
    ],
)
def test_what_is_no_icatcher_output_is_named_by_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_icatcher(path)


def test_all_mistakes_of_a_table_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Trial;Frame;Look\n0;1;left\n0;2;up\n0;x;right\n0;3;\n0;;a\n")
    with pytest.raises(UserError) as found:
        read_manual(path)
    assert [problem.place.rsplit(":", 1)[1] for problem in found.value.problems] == ["3", "4", "6"]
    path.write_text("frame,side\n1,left\n")
    with pytest.raises(UserError, match="lacks a column"):
        read_manual(path)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_file_breaks_a_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(data)
    for read in (read_icatcher, read_manual):
        try:
            found: object = read(path)
        except UserError as error:
            found = error
        assert isinstance(found, list) or str(path) in str(found)


def test_a_sheet_is_blind_saved_and_brought_in(filmed: tuple[Lab, str], tmp_path: Path) -> None:
    lab, session_id = filmed
    film(lab, session_id)
    session = lab.read_session(session_id)
    clock = Clock({n: n * 1000 / 30 for n in range(3000)})
    ann, ben = begin(session, clock, "ann"), begin(session, clock, "ben")
    order = [list(dict.fromkeys(frame.trial for frame in one.frames)) for one in (ann, ben)]
    assert sorted(order[0]) == sorted(order[1]) == [trial.trial_index for trial in looking_trials(session)]
    assert order[0] != order[1], "each coder has an order of their own"
    coding = ann.key("left")
    assert {f.look for f in coding.frames if f.trial == coding.current.trial} == {"left"}
    coding = coding.step(30).key("right").step(30).key("away").step(-30).key("missing")
    first = [frame.look for frame in coding.frames if frame.trial == coding.frames[0].trial]
    assert first[:30] == ["left"] * 30
    assert first[30:60] == ["missing"] * 30
    assert set(first[60:]) == {"away"}
    assert not coding.done
    save(coding, tmp_path / "ann.csv")
    again = resume(ann, tmp_path / "ann.csv")
    assert [frame.look for frame in again.frames] == [frame.look for frame in coding.frames]
    assert again.current.trial == order[0][1], "it goes on at the first frame without a look"
    text = (tmp_path / "ann.csv").read_text()
    for word in ("target", "distractor", session.trials[0].target):
        assert word not in text
    line = ["gaze", "import", str(lab.path), session_id, str(tmp_path / "ann.csv"), "--format", "manual"]
    assert root.run([*line, "--coder", "ann"]) == 0
    trial = session.trials[order[0][0]]
    side = "target" if trial.target_position == 0 else "distractor"
    samples = [s for s in lab.read_session(session_id).gaze if s.trial_id == trial.trial_id]
    assert [sample.aoi for sample in samples[:30]] == [side] * 30


def test_the_command_code_writes_a_sheet_and_keeps_it(filmed: tuple[Lab, str], tmp_path: Path) -> None:
    lab, session_id = filmed
    sheet = tmp_path / "s.csv"
    line = ["gaze", "code", str(lab.path), session_id, "--coder", "ann", "--out", str(sheet)]
    assert root.run(line) == 0
    rows = sheet.read_text().splitlines()
    sheet.write_text("\n".join([rows[0], rows[1] + "left", *rows[2:]]) + "\n")
    assert root.run(line) == 0
    assert sheet.read_text().splitlines()[1].endswith("left")


def test_frames_without_times_are_a_mistake(filmed: tuple[Lab, str], tmp_path: Path) -> None:
    lab, session_id = filmed
    icatcher(lab, session_id, tmp_path / "v.txt")
    line = ["gaze", "import", str(lab.path), session_id, str(tmp_path / "v.txt"), "--format", "icatcher"]
    assert root.run(line) == 2
    assert root.run([*line, "--fps", "30", "--start", "0"]) == 0


def test_trials_and_sides_are_respected(filmed: tuple[Lab, str]) -> None:
    lab, session_id = filmed
    session = lab.read_session(session_id)
    frames = [CodedFrame("left", t_ms=3500.0, trial=0), CodedFrame("left", t_ms=3500.0, trial=1)]
    rows = rows_of(session, frames, Clock({}), "ann")
    assert [row.trial_id for row in rows] == [session.trials[0].trial_id], "a trial that is told decides"
    with pytest.raises(UserError, match="no frame falls into a looking trial"):
        rows_of(session, [CodedFrame("left", t_ms=-50_000.0)], Clock({}), "ann")
    assert mirrored(mirrored(frames)) == frames


@given(st.lists(st.sampled_from(["left", "right", "away", "missing"]), max_size=20))
def test_a_mirror_changes_sides_only(looks: list[str]) -> None:
    frames = [CodedFrame(look, frame=n) for n, look in enumerate(looks)]  # type: ignore[arg-type]
    turned = mirrored(frames)
    assert [replace(one, look="left") for one in turned] == [replace(one, look="left") for one in frames]
    assert all((a.look == b.look) == (a.look in ("away", "missing")) for a, b in zip(frames, turned, strict=True))


def test_kappa_has_the_value_that_cohen_works_out() -> None:
    """Two coders, 50 frames: 20 both target, 15 both distractor, 5 and 10 apart: kappa 0.4."""
    pairs = [("target", "target")] * 20 + [("distractor", "distractor")] * 15
    pairs += [("target", "distractor")] * 5 + [("distractor", "target")] * 10
    found = agree(pairs)
    assert (found.frames, found.agreement) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.confusion[0][:2] == (20, 5)
    assert agree([("target", "target")] * 9).kappa is None
    assert agree([]).agreement is None
    assert agree([("target", "distractor"), ("distractor", "target")]).kappa == pytest.approx(-1.0)


@given(
    st.lists(st.tuples(*[st.sampled_from(["target", "distractor", "other", "missing"])] * 2), min_size=1, max_size=60)
)
def test_agreement_is_symmetric_and_bounded(pairs: list[tuple[str, str]]) -> None:
    one, other = agree(pairs), agree([(b, a) for a, b in pairs])
    assert one.agreement == other.agreement
    assert one.kappa == pytest.approx(other.kappa) if one.kappa is not None else other.kappa is None
    assert one.kappa is None or -1 <= one.kappa <= 1 + 1e-9
    assert sum(map(sum, one.confusion)) == len(pairs)


def test_frames_are_matched_by_time() -> None:
    one = [(0.0, "target"), (33.0, "other"), (66.0, "target")]
    other = [(8.0, "target"), (41.0, "distractor"), (300.0, "target")]
    assert match(one, other) == ([("target", "target"), ("other", "distractor")], 2)


def test_two_coders_are_compared_trial_by_trial(filmed: tuple[Lab, str], capsys: pytest.CaptureFixture[str]) -> None:
    lab, session_id = filmed
    session = lab.read_session(session_id)
    trials = looking_trials(session)
    for coder, slips in (("ann", 0), ("ben", 12)):
        frames = [
            CodedFrame(
                "left" if n >= (slips if trial is trials[0] else 0) else "right", t_ms=3000 + n * 33.0 + i * GAP_MS
            )
            for i, trial in enumerate(trials)
            for n in range(40)
        ]
        bring(lab, session_id, rows_of(session, frames, Clock({}), coder), coder)
    whole, by_trial = compare(lab.read_session(session_id).gaze, "ann", "ben")
    assert by_trial[trials[0].trial_id].agreement == pytest.approx(28 / 40)
    assert whole.agreement == pytest.approx(1 - 12 / (40 * len(trials)))
    line = ["gaze", "agreement", str(lab.path), session_id, "ann", "ben", "--json"]
    capsys.readouterr()
    assert root.run(line) == 1
    assert json.loads(capsys.readouterr().out)["below"] == [trials[0].trial_index]
    assert root.run([*line[:-1], "--least", "0.5"]) == 0
    assert "kappa" in capsys.readouterr().out
    assert root.run(["gaze", "agreement", str(lab.path), session_id, "ann", "zoe"]) == 2
