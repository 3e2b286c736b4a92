from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from devkit.errors import UserError
from devkit.items import Item
from devkit.pool import Pool
from devkit.respondents import Answer, BatchRespondent, Exchange, PresentedTurn, SessionContext
from devkit.tasks import TASKS
from devkit.tasks.generation import MemorySink, generate_items
from devkit.tasks.present import Setting, present
from model.babyvlm.respondent import BabyVLMRespondent
from model.images import normalise
from model.openclip_respondent import OpenClipRespondent
from model.respondents import from_spec
from model.run import last_checkpoint
from model.server_client import Terms
from model.server_respondent import ServerRespondent
from model.wording import asked_word


class Bench:
    """Turns of several tasks with their pictures as files."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        self.folder, sink = folder, MemorySink()
        self.turns = {code: self._turns(code, form, pool, sink) for code, form in FORMS.items()}
        for digest, image in sink.images.items():
            image.save(folder / f"{digest}.png")

    def _turns(self, code: str, form: str, pool: Pool, sink: MemorySink) -> list[list[PresentedTurn]]:
        count = 1 if code == "memory" else 4
        items = generate_items(TASKS[code], form, pool, sink, count=count, seed=2, prefix=code)
        return [_presented(item) for item in items]

    def single(self) -> list[PresentedTurn]:
        return [turns[0] for code, items in self.turns.items() if code != "memory" for turns in items]

    def session(self, turns: list[PresentedTurn]) -> SessionContext:
        return SessionContext("s", lambda digest: self.folder / f"{digest}.png", 0, "en", turns)


FORMS = {
    "looking_while_listening": "standard",
    "picture_vocabulary": "standard",
    "object_counting": "standard",
    "memory": "standard",
}


def _presented(item: Item) -> list[PresentedTurn]:
    return [
        present(item, place, tuple(range(len(turn.choices))), Setting(trial_id=item.item_id))
        for place, turn in enumerate(item.turns)
    ]


@pytest.fixture(scope="module")
def bench(val_pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(val_pool, tmp_path_factory.mktemp("media"))


@pytest.fixture
def babyvlm(trained: Path, bench: Bench) -> Iterator[BabyVLMRespondent]:
    respondent = BabyVLMRespondent(last_checkpoint(trained))
    respondent.open(bench.session(bench.single()))
    yield respondent
    respondent.close()


def test_describes_step_hours_and_weights(babyvlm: BabyVLMRespondent) -> None:
    info = babyvlm.describe()
    assert isinstance(babyvlm, BatchRespondent)
    assert (info.kind, info.model_step, info.random_weights) == ("model", 15, False)
    assert info.model_hours_seen is not None
    assert info.model_hours_seen > 0
    assert info.model_digest == babyvlm.manifest.digest


def test_an_untrained_checkpoint_says_so(trained: Path) -> None:
    start = next((trained / "checkpoints").glob("000000-*"))
    assert BabyVLMRespondent(start).describe().random_weights


def test_a_model_is_asked_with_its_letters_where_it_learnt_them(trained: Path, bench: Bench, tmp_path: Path) -> None:
    shutil.copytree(last_checkpoint(trained), tmp_path / "behind")
    manifest = json.loads((tmp_path / "behind" / "devkit.json").read_text())
    (tmp_path / "behind" / "devkit.json").write_text(json.dumps({**manifest, "letters": "after"}))
    turn, told = bench.turns["picture_vocabulary"][0][0], []
    for folder in (last_checkpoint(trained), tmp_path / "behind"):
        respondent = BabyVLMRespondent(folder, picture_choices="letter")
        respondent.open(bench.session([turn]))
        told.append((respondent.describe().prompt_digest, respondent.answer(turn, ()).choice_scores))
    assert told[0][0] != told[1][0]
    assert told[0][1] != told[1][1]


def test_both_ways_are_in_the_record_and_one_decides(trained: Path, bench: Bench) -> None:
    turns = bench.single()
    for answer_by in ("likelihood", "text"):
        respondent = from_spec("model", str(trained), answer_by=answer_by)
        respondent.open(bench.session(turns))
        assert isinstance(respondent, BatchRespondent)
        for turn, answer in zip(turns, respondent.answer_batch(turns), strict=True):
            assert answer.raw is not None
            assert answer.choice_scores is not None
            assert len(answer.choice_scores) == len(turn.choices)
            assert answer.source == answer_by
            best = answer.choice_scores.index(max(answer.choice_scores))
            assert answer.position == (best if answer_by == "likelihood" else None)


def test_pictures_for_a_word_are_scored_by_the_word(trained: Path, bench: Bench) -> None:
    turn = bench.turns["looking_while_listening"][0][0]
    scores = {}
    for way in ("word", "letter"):
        respondent = from_spec("model", str(trained), picture_choices=way)
        respondent.open(bench.session([turn]))
        scores[way] = respondent.answer(turn, ()).choice_scores
        assert ("word given picture" in str(respondent.describe().decoding)) == (way == "word")
    assert scores["word"] != scores["letter"]
    assert isinstance(respondent, BabyVLMRespondent)
    model, encoder = respondent.engine.model, respondent.encoder
    for choice, score in zip(turn.choices, scores["word"] or (), strict=True):
        said = (*encoder.words(asked_word(turn)), 3)
        ids = torch.tensor([encoder.looking + said])
        with torch.no_grad():
            logs = model(
                input_ids=ids, pixel_values=normalise([respondent._load(str(choice.media))])
            ).logits.log_softmax(-1)
        start = len(encoder.looking) - 1
        assert score == pytest.approx(sum(float(logs[0, start + k, t]) for k, t in enumerate(said)), abs=1e-4)


def test_batch_equals_single(babyvlm: BabyVLMRespondent, bench: Bench) -> None:
    turns = bench.single()
    for turn, answer in zip(turns, babyvlm.answer_batch(turns), strict=True):
        alone = babyvlm.answer(turn, ())
        assert (alone.raw, alone.position) == (answer.raw, answer.position)
        assert alone.choice_scores == pytest.approx(answer.choice_scores, abs=1e-5)


def test_its_own_answers_are_its_history(trained: Path, bench: Bench) -> None:
    turns = bench.turns["memory"][0]
    respondent = BabyVLMRespondent(last_checkpoint(trained))
    respondent.open(bench.session(turns))
    history: list[Exchange] = []
    answers = []
    for turn in turns:
        answers.append(respondent.answer(turn, history))
        history.append(Exchange(turn, answers[-1]))
    fresh = BabyVLMRespondent(last_checkpoint(trained))
    fresh.open(bench.session(turns))
    again = fresh.answer(turns[-1], history[:-1])
    assert again.choice_scores == pytest.approx(answers[-1].choice_scores, abs=1e-5)
    other = [Exchange(turns[0], Answer(position=0, source="likelihood"))]
    other += [
        Exchange(e.turn, Answer(position=1 - (e.answer.position or 0), source="likelihood")) for e in history[1:-1]
    ]
    changed = fresh.answer(turns[-1], other).choice_scores
    assert changed is not None
    assert changed != pytest.approx(again.choice_scores, abs=1e-7)


def test_a_trial_that_does_not_fit_is_refused_before_the_run(trained: Path, bench: Bench) -> None:
    respondent = BabyVLMRespondent(last_checkpoint(trained))
    respondent.positions = 100
    with pytest.raises(UserError, match=r"1 of 1 trials do not fit.*takes \d+ tokens, the model 100"):
        respondent.open(bench.session(bench.turns["memory"][0]))


def test_a_missing_picture_names_its_file(trained: Path, bench: Bench, tmp_path: Path) -> None:
    respondent = BabyVLMRespondent(last_checkpoint(trained))
    turn = bench.single()[0]
    respondent.open(SessionContext("s", lambda digest: tmp_path / digest, 0, "en", [turn]))
    with pytest.raises(UserError, match=str(tmp_path)):
        respondent.answer(turn, ())


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        ("Touch the image of 'comb' (A) the first image (B) the second image", "comb"),
        ("Touch the image of 'sippy cup' (A)<image> (B)<image>", "sippy cup"),
        ("Where is the ball? (A) <image> (B) <image>", "ball"),
        ("Look at the dog! <image> <image>", "dog"),
        ("Can you find the ice cream?", "ice cream"),
        ("Hund", "Hund"),
    ],
)
def test_the_word_is_read_from_the_wording(prompt: str, word: str, bench: Bench) -> None:
    import dataclasses

    assert asked_word(dataclasses.replace(bench.single()[0], prompt=prompt)) == word


def test_openclip_answers_words_and_skips_the_rest(bench: Bench) -> None:
    respondent = OpenClipRespondent(None)
    turns = bench.single()
    respondent.open(bench.session(turns))
    assert respondent.describe().random_weights
    for turn, answer in zip(turns, respondent.answer_batch(turns), strict=True):
        if turn.task == "object_counting":
            assert (answer.outcome, answer.flags, answer.position) == ("skipped", ("unsupported",), None)
        else:
            assert answer.position is not None
            assert answer.choice_scores is not None
            assert answer.choice_scores[answer.position] == max(answer.choice_scores)
    assert respondent.answer(turns[0], ()).choice_scores == pytest.approx(
        respondent.answer_batch(turns)[0].choice_scores, abs=1e-5
    )


def test_openclip_random_weights_follow_their_seed() -> None:
    digests = [OpenClipRespondent(None, seed=seed).describe().model_digest for seed in (0, 0, 1)]
    assert digests[0] == digests[1] != digests[2]


def test_openclip_loads_local_safetensors_only(tmp_path: Path) -> None:
    import open_clip
    import torch
    from safetensors.torch import save_file

    from model.openclip_respondent import SMALL

    with pytest.raises(UserError, match="no weights here"):
        OpenClipRespondent(tmp_path / "none")
    torch.save({}, tmp_path / "open_clip_pytorch_model.bin")
    with pytest.raises(UserError, match="pickles are never loaded"):
        OpenClipRespondent(tmp_path)
    settings = {"model_cfg": SMALL, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3}}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(settings))
    made = open_clip.CLIP(**SMALL)
    save_file(made.state_dict(), tmp_path / "open_clip_model.safetensors")
    respondent = OpenClipRespondent(tmp_path)
    assert not respondent.describe().random_weights
    assert torch.equal(respondent.model.visual.proj, made.visual.proj)


class _Server(BaseHTTPRequestHandler):
    asked: ClassVar[list[Any]] = []
    failures = 0

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked.append((self.path, self.headers.get("Authorization"), body))
        if type(self).failures:
            type(self).failures -= 1
            self.send_error(503)
            return
        reply = json.dumps({"choices": [{"message": {"role": "assistant", "content": "I think it is B"}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    _Server.asked, _Server.failures = [], 0
    running = HTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}/v1"
    running.shutdown()
    running.server_close()
    thread.join()


def test_server_gets_pictures_words_and_history(server: str, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "secret")
    respondent = from_spec("server", server, model="some/model", key_env="MY_KEY")
    turns = bench.turns["memory"][0]
    respondent.open(bench.session(turns))
    first = respondent.answer(turns[0], ())
    assert (first.raw, first.position, first.source) == ("I think it is B", None, "text")
    respondent.answer(turns[1], [Exchange(turns[0], first)])
    path, key, body = _Server.asked[1]
    assert (path, key, body["model"]) == ("/v1/chat/completions", "Bearer secret", "some/model")
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    pictures = [p for m in body["messages"] if m["role"] == "user" for p in m["content"] if p["type"] == "image_url"]
    assert len(pictures) == 3
    assert all(p["image_url"]["url"].startswith("data:image/png;base64,") for p in pictures)
    assert "secret" not in str(respondent.describe())


def test_server_is_asked_again_after_a_passing_failure(server: str, bench: Bench) -> None:
    _Server.failures = 1
    respondent = ServerRespondent(server, model="m")
    turns = bench.single()[:2]
    respondent.open(bench.session(turns))
    assert [answer.raw for answer in respondent.answer_batch(turns)] == ["I think it is B"] * 2


def test_a_silent_server_is_a_users_mistake(bench: Bench) -> None:
    respondent = ServerRespondent("http://127.0.0.1:9/v1", model="m", terms=Terms(retries=0, timeout_s=2))
    respondent.open(bench.session(bench.single()))
    with pytest.raises(UserError, match="does not answer"):
        respondent.answer(bench.single()[0], ())


@pytest.mark.parametrize(
    ("kind", "value", "options", "message"),
    [
        ("model", "nowhere", {}, "no such checkpoint"),
        ("model", ".", {}, "no checkpoints here"),
        ("model", ".", {"answer_by": "guess"}, "likelihood or text"),
        ("model", ".", {"anser_by": "text"}, "did you mean 'answer_by'"),
        ("openclip", "nowhere", {}, "no weights here"),
        ("openclip", "random", {"model": "ViT-B-33"}, "did you mean"),
        ("openclip", "random", {"seed": "x"}, "whole number"),
        ("server", "localhost", {"model": "m"}, "no address"),
        ("server", "http://localhost", {}, "which model"),
        ("oracle", "x", {}, "no model respondent"),
    ],
)
def test_mistakes_are_said(
    kind: str, value: str, options: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        from_spec(kind, value, **options)
