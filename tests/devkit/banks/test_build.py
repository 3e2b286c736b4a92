from __future__ import annotations

from pathlib import Path

import pytest

from devkit.banks.audit import audit_bank
from devkit.banks.build import build_bank, parse_wishes
from devkit.banks.devcv import import_devcv
from devkit.banks.export import export_devcv
from devkit.banks.validate import check_bank
from devkit.corpus.build import build_corpus
from devkit.corpus.data import CorpusData
from devkit.errors import UserError
from devkit.pool import Pool
from tests.devkit.corpus.conftest import make
from tests.devkit.tasks.conftest import draw_pool

FEW = {("left_right", "robust"): 6, ("memory", "standard"): 2, ("object_counting", "standard"): 12}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> CorpusData:
    """Return built data whose pool is a drawn one with many nouns."""
    corpus = make(tmp_path_factory.mktemp("corpus"), seconds=2.0)
    built = build_corpus(corpus, tmp_path_factory.mktemp("data"))
    pools: dict[str, Pool] = {split: draw_pool(seed, split=split) for seed, split in enumerate(("train", "test"))}
    built.pool = pools.__getitem__  # type: ignore[assignment,method-assign]
    return built


def test_a_bank_has_as_many_items_of_each_form_as_were_asked_for(data: CorpusData, tmp_path: Path) -> None:
    bank = build_bank(data, tmp_path / "b", FEW, seed=3, split="train", name="few")
    assert bank.card.counts == {"left_right/robust": 6, "memory/standard": 2, "object_counting/standard": 12}
    assert bank.card.made_with["seed"] == 3
    assert bank.card.made_with["data"] == data.digest
    assert {item.provenance.split for item in bank.items.values()} == {"train"}
    assert check_bank(bank) == []
    used = {digest for item in bank.items.values() for digest in item.media()}
    assert {path.stem for path in (tmp_path / "b" / "media").rglob("*.*")} == used


def test_the_same_seed_gives_the_same_bank_and_another_seed_another(data: CorpusData, tmp_path: Path) -> None:
    digests = [build_bank(data, tmp_path / str(n), FEW, seed=s, split="train").digest for n, s in enumerate((3, 3, 4))]
    assert digests[0] == digests[1] != digests[2]


def test_made_items_survive_the_published_form(data: CorpusData, tmp_path: Path) -> None:
    wishes = parse_wishes([], 2)
    bank = build_bank(data, tmp_path / "b", wishes, split="train")
    for layout in ("flat", "folders"):
        export_devcv(bank, tmp_path / layout, layout=layout)  # type: ignore[arg-type]
        again = import_devcv(tmp_path / layout, tmp_path / f"again-{layout}")
        assert again.card.counts == bank.card.counts
        for item_id, item in bank.items.items():
            other = again.items[item_id]
            assert [turn.prompt for turn in other.turns] == [turn.prompt for turn in item.turns]
            assert [turn.target for turn in other.turns] == [turn.target for turn in item.turns]
            assert [turn.images() for turn in other.turns] == [turn.images() for turn in item.turns]
            assert [turn.phase for turn in other.turns] == [turn.phase for turn in item.turns]
            assert other.provenance.split == "train"


def test_too_little_material_is_said_or_kept_in_the_bank(data: CorpusData, tmp_path: Path) -> None:
    many = {("left_right", "published"): 2, ("picture_vocabulary", "standard"): 100_000}
    with pytest.raises(UserError, match=r"only \d+ of 100000 items"):
        build_bank(_poor(data), tmp_path / "b", many, split="test")
    assert not (tmp_path / "b").exists()
    bank = build_bank(_poor(data), tmp_path / "b", many, split="test", allow_fewer=True)
    assert bank.card.counts["left_right/published"] == 2
    assert [problem.place for problem in bank.problems] == ["picture_vocabulary/standard"]


def _poor(data: CorpusData) -> CorpusData:
    """Return data whose test recordings show four nouns, a few times each."""
    whole = draw_pool(1, recordings=1, split="test")
    nouns = sorted(whole.by_noun)[:4]
    frames = [f.model_copy(update={"boxes": tuple(b for b in f.boxes if b.noun in nouns)}) for f in whole.frames[:12]]
    poor = CorpusData(data.path, data.manifest, data.recordings)
    few = Pool(frames, whole.image, source="few", split="test")
    poor.pool = lambda split: few  # type: ignore[assignment,method-assign]
    return poor


def test_made_banks_pass_the_audit_but_for_the_published_copies(data: CorpusData, tmp_path: Path) -> None:
    wishes = {("left_right", "published"): 12, ("left_right", "robust"): 12, ("spatial_details", "robust"): 6}
    bank = build_bank(data, tmp_path / "b", wishes, split="test")
    report = audit_bank(bank)
    checks = {(result.check, result.where) for result in report.of("defect", "expected")}
    assert {where for _, where in checks} == {"left_right/published"}
    assert not report.found(allow_expected=True)


def test_wishes_are_read_and_mistakes_named() -> None:
    assert parse_wishes(["left_right/robust=5", "memory"], 3) == {
        ("left_right", "robust"): 5,
        ("memory", "standard"): 3,
    }
    assert parse_wishes(["left_right=2"], 3) == {("left_right", "published"): 2, ("left_right", "robust"): 2}
    assert len(parse_wishes([], 1)) == 14
    for text, says in (
        ("lft_right", "did you mean 'left_right'"),
        ("left_right/robst", "did you mean 'robust'"),
        ("memory=0", "no number of items"),
        ("memory=many", "no number of items"),
    ):
        with pytest.raises(UserError, match=says):
            parse_wishes([text], 3)


def test_data_without_objects_are_refused(data: CorpusData, tmp_path: Path) -> None:
    bare = CorpusData(data.path, data.manifest, data.recordings)
    bare.pool = lambda split: Pool([], lambda r, t: None, source="x", split=split)  # type: ignore
    with pytest.raises(UserError, match="no annotated objects"):
        build_bank(bare, tmp_path / "b", FEW)
    assert not (tmp_path / "b").exists()
