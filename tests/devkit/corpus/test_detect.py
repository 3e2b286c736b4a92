"""A real Grounding DINO with tiny random weights, and a server that names: their words become boxes with nouns."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageStat

from devkit.annotations import Box
from devkit.banks.store import BankWriter
from devkit.cli.root import run
from devkit.corpus.annotate.vocabulary import own_vocabulary
from devkit.corpus.build import build_corpus
from devkit.corpus.filters.detect import Detector, DetectRules
from devkit.corpus.filters.faces import blur
from devkit.corpus.filters.naming import ServerNamer, name_of
from devkit.errors import UserError
from devkit.pool import Pool
from devkit.tasks.generation import generate_items
from devkit.toybox import sample_pool

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import (
        BertConfig,
        BertTokenizer,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        GroundingDinoImageProcessor,
        GroundingDinoProcessor,
        SwinConfig,
    )

    folder = tmp_path_factory.mktemp("dino")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "?", "ball", "cup", "dog", "cat"]
    vocab = {word: place for place, word in enumerate(words)}
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(5)
    text = BertConfig(vocab_size=16, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    backbone = SwinConfig(
        image_size=64, patch_size=4, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4,
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = GroundingDinoConfig(
        backbone_config=backbone, text_config=text, d_model=32, encoder_layers=1, decoder_layers=2, num_queries=12,
        encoder_ffn_dim=32, decoder_ffn_dim=32, encoder_attention_heads=2, decoder_attention_heads=2,
    )  # fmt: skip
    GroundingDinoForObjectDetection(config).save_pretrained(folder)
    pictures = GroundingDinoImageProcessor(size={"shortest_edge": 144, "longest_edge": 192})
    GroundingDinoProcessor(pictures, BertTokenizer(vocab=vocab)).save_pretrained(folder)
    return folder


def test_boxes_are_inside_named_and_sorted(weights: Path) -> None:
    detector = Detector(weights, DetectRules(box_floor=0.0, text_floor=0.0, same=0.99))
    image = Image.effect_noise((80, 60), 90).convert("RGB")
    found = detector.boxes(image, ["ball", "cup", "dog"], own_vocabulary())
    assert found
    assert [sure for _, sure in found] == sorted((sure for _, sure in found), reverse=True)
    for box, sure in found:
        assert box.noun in ("ball", "cup", "dog")
        assert 0 <= box.x < box.x + box.w <= 80
        assert 0 <= box.y < box.y + box.h <= 60
        assert 0 <= sure <= 1
    again = detector.boxes(image, ["ball", "cup", "dog"], own_vocabulary())
    assert again == found
    detector.rules = DetectRules(box_floor=found[len(found) // 2][1] + 1e-6, text_floor=0.0, same=0.99)
    assert detector.boxes(image, ["ball", "cup", "dog"], own_vocabulary()) == found[: len(found) // 2]


def test_proposals_from_the_command_line(
    weights: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_corpus(corpus, tmp_path / "d")
    command = ["corpus", "annotations", "propose", str(corpus), "--data", str(tmp_path / "d"), "--noun", "ball"]
    command += ["--box-above", "0", "--text-above", "0", "--every-ms", "4000", "--detector"]
    assert run([*command, str(weights)]) == 0
    assert "boxes proposed" in capsys.readouterr().out
    lines = [
        json.loads(line) for path in (corpus / "proposals").glob("*.jsonl") for line in path.read_text().splitlines()
    ]
    assert len(lines) == 5 * 2
    assert all(box["track"] for line in lines for box in line["boxes"])
    assert run([*command, str(tmp_path / "d")]) == 2
    assert "cannot be loaded as a detector" in capsys.readouterr().err


class _Server(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        picture = body["messages"][0]["content"][0]["image_url"]["url"]
        reply = {"choices": [{"message": {"content": "A cup." if picture.startswith("data:image/jpeg") else "?"}}]}
        data = json.dumps(reply if body["model"] == "m" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None: ...


def test_a_server_names_boxes_and_must_be_on_this_machine() -> None:
    with pytest.raises(UserError, match="another machine"):
        ServerNamer("https://api.example.org/v1", "m")
    with pytest.raises(UserError, match="no address"):
        ServerNamer("file:///etc/passwd", "m")
    server = HTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        image = Image.new("RGB", (20, 20))
        assert name_of(ServerNamer(url, "m"), image, ["cup", "dog"], own_vocabulary()) == "cup"
        with pytest.raises(UserError, match="did not answer"):
            ServerNamer(url, "other").ask(image, "?")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_blurred_places_keep_a_few_patches_and_the_rest_stays() -> None:
    image = Image.effect_noise((200, 100), 120).convert("RGB")
    out = blur(image, [Box(noun="face", x=20, y=20, w=50, h=50)])
    inside, before = out.crop((25, 25, 65, 65)).convert("L"), image.crop((25, 25, 65, 65)).convert("L")
    assert ImageStat.Stat(inside).stddev[0] < 0.4 * ImageStat.Stat(before).stddev[0]
    assert out.crop((100, 0, 200, 100)).tobytes() == image.crop((100, 0, 200, 100)).tobytes()


def test_items_leave_the_bank_by_the_sharing_level_of_their_recordings(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def bank(name: str, consent: str) -> Path:
        pool = sample_pool(minutes=1, seed=6)
        told = Pool(
            pool.frames, pool.image, source="t", split="test", consent={f.recording: consent for f in pool.frames}
        )
        with BankWriter(tmp_path / name, name=name, source="t", replace=False, made_with={}) as writer:
            for item in generate_items("subitizing", "standard", told, writer, count=3, seed=1, prefix="s"):
                writer.add_item(item)
        return tmp_path / name

    private, public = bank("private", "private"), bank("public", "public")
    assert run(["bank", "export", str(private), "--out", str(tmp_path / "a")]) == 2
    assert "no item is made from recordings that are shareable" in capsys.readouterr().err
    assert run(["bank", "export", str(private), "--out", str(tmp_path / "b"), "--level", "private"]) == 0
    command = ["bank", "export", str(public), "--out", str(tmp_path / "c"), "--blur-faces", str(weights)]
    assert run(command) == 0
    told = json.loads((tmp_path / "c" / "consent.json").read_text())
    assert (told["level"], set(told["recordings"].values()), told["refused_items"]) == ("shareable", {"public"}, 0)
    assert len(list((tmp_path / "c" / "images").iterdir())) == 3
