"""Image-text models of four families with tiny random weights: batches, references, features, dialogues, limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLProcessor,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
    SmolVLMProcessor,
)
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil
from transformers.models.internvl.video_processing_internvl import InternVLVideoProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.qwen2_vl.video_processing_qwen2_vl import Qwen2VLVideoProcessor
from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil
from transformers.models.smolvlm.video_processing_smolvlm import SmolVLMVideoProcessor

from devkit.errors import UserError
from devkit.respondents import Exchange, PresentedTurn, SessionContext, ShownChoice
from model.respondents import from_spec
from model.run import last_checkpoint
from model.vlm.respondent import VlmRespondent

FAMILIES = ("llava", "qwen", "smolvlm", "internvl")
TEXT = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
    "initializer_range": 0.1,
}
CHAT = (
    "{% for m in messages %}{{ '<|start|>' + m['role'] + '\n' }}{% for p in m['content'] %}"
    "{{ IMAGE if p['type'] == 'image' else p['text'] }}{% endfor %}{{ '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start|>assistant\n' }}{% endif %}"
)


def _tokenizer(special: list[str], **named: str) -> PreTrainedTokenizerFast:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    tokens = ["<pad>", "<|start|>", "<|end|>", *special]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=tokens, initial_alphabet=alphabet, show_progress=False)
    core.train_from_iterator(["Touch the image of the ball. Which has more? one two top left"] * 4, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", eos_token="<|end|>", extra_special_tokens=named
    )


def _qwen() -> tuple[Any, Any]:
    marks = ["<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>"]
    tokenizer = _tokenizer(marks, image_token=marks[0], video_token=marks[1])
    ids = tokenizer.convert_tokens_to_ids
    config = Qwen2_5_VLConfig(
        text_config={**TEXT, "vocab_size": len(tokenizer), "rope_parameters": _mrope()},
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": 32,
            "patch_size": 8, "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 32,
            "fullatt_block_indexes": [1], "initializer_range": 0.1,
        },
        image_token_id=ids(marks[0]), video_token_id=ids(marks[1]),
        vision_start_token_id=ids(marks[2]), vision_end_token_id=ids(marks[3]),
    )  # fmt: skip
    pictures = Qwen2VLImageProcessorPil(
        patch_size=8, merge_size=2, temporal_patch_size=2, size={"shortest_edge": 16 * 16, "longest_edge": 64 * 64}
    )
    template = CHAT.replace("IMAGE", "'<|vision_start|><|image_pad|><|vision_end|>'")
    return Qwen2_5_VLForConditionalGeneration(config), Qwen2_5_VLProcessor(
        pictures, tokenizer, Qwen2VLVideoProcessor(), chat_template=template
    )


def _mrope() -> dict[str, Any]:
    return {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]}


def _smolvlm() -> tuple[Any, Any]:
    marks = ["<image>", "<fake_token_around_image>", "<global-img>", "<row_1_col_1>"]
    tokenizer = _tokenizer(
        marks,
        image_token=marks[0],
        fake_image_token=marks[1],
        global_image_token=marks[2],
        end_of_utterance_token="<|end|>",
    )
    config = SmolVLMConfig(
        text_config={**TEXT, "model_type": "llama", "vocab_size": len(tokenizer), "pad_token_id": 0},
        vision_config={
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "image_size": 32, "patch_size": 8, "initializer_range": 0.1,
        },
        scale_factor=2, image_token_id=tokenizer.convert_tokens_to_ids("<image>"), pad_token_id=0,
    )  # fmt: skip
    pictures = SmolVLMImageProcessorPil(
        size={"longest_edge": 32}, max_image_size={"longest_edge": 32}, do_image_splitting=False
    )
    template = CHAT.replace("IMAGE", "'<image>'")
    processor = SmolVLMProcessor(pictures, tokenizer, SmolVLMVideoProcessor(), image_seq_len=4, chat_template=template)
    return SmolVLMForConditionalGeneration(config), processor


def _internvl() -> tuple[Any, Any]:
    marks = ["<img>", "</img>", "<IMG_CONTEXT>", "<video>"]
    tokenizer = _tokenizer(
        marks, start_image_token=marks[0], end_image_token=marks[1], context_image_token=marks[2], video_token=marks[3]
    )
    config = InternVLConfig(
        text_config={**TEXT, "model_type": "qwen2", "vocab_size": len(tokenizer)},
        vision_config={
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "image_size": [32, 32], "patch_size": [8, 8], "initializer_range": 0.1,
        },
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"), image_seq_length=4,
    )  # fmt: skip
    pictures = GotOcr2ImageProcessorPil(
        size={"height": 32, "width": 32}, crop_to_patches=True, min_patches=1, max_patches=3
    )
    template = CHAT.replace("IMAGE", "'<IMG_CONTEXT>\n'")
    return InternVLForConditionalGeneration(config), InternVLProcessor(
        pictures, tokenizer, InternVLVideoProcessor(), image_seq_length=4, chat_template=template
    )


MAKERS: dict[str, Callable[[], tuple[Any, Any]]] = {"qwen": _qwen, "smolvlm": _smolvlm, "internvl": _internvl}


@pytest.fixture(scope="session", params=FAMILIES)
def folder(request: pytest.FixtureRequest, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "llava":  # BabyVLM's own checkpoints are of this class
        return last_checkpoint(trained)
    out = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    model, processor = MAKERS[request.param]()
    model.save_pretrained(out)
    processor.save_pretrained(out)
    return out


class Media:
    """Pictures of several shapes, and turns with two to four of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        noise = np.random.default_rng(0)
        for number in range(8):
            shape = ((48, 64), (64, 48), (40, 40))[number % 3]
            pixels = noise.integers(0, 256, (*shape, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number:064x}.png")

    def turn(self, number: int, pictures: int, words: str = "") -> PresentedTurn:
        shown = tuple(f"{(number + k) % 8:064x}" for k in range(pictures))
        letters = pictures > 1
        choices = tuple(
            ShownChoice(f"thing {k}", shown[k] if letters else None, "distractor", "ABCD"[k] if letters else None)
            for k in range(max(2, pictures))
        )
        marks = " ".join(f"({'ABCD'[k]}) <image>" for k in range(pictures)) if letters else "<image>"
        return PresentedTurn(
            trial_id=f"t{number}", turn_index=0, turn_count=1, task="picture_vocabulary", form="standard",
            item_id=f"item-{number}", kind="test", prompt=f"Touch the ball. {words}{marks}", images=shown,
            stimuli=() if letters else shown, choices=choices, target_position=0,
            answer_format="letter" if letters else "word", layout="pair",
        )  # fmt: skip

    def session(self, turns: list[PresentedTurn]) -> SessionContext:
        return SessionContext("s", lambda digest: self.folder / f"{digest}.png", 0, "en", turns)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Media:
    return Media(tmp_path_factory.mktemp("media"))


def _asked(folder: Path, media: Media, turns: list[PresentedTurn], **more: Any) -> VlmRespondent:
    respondent = VlmRespondent(folder, **more)
    respondent.open(media.session(turns))
    return respondent


def test_batches_of_any_size_give_equal_answers(folder: Path, media: Media) -> None:
    turns = [media.turn(n, (2, 3, 1, 4)[n % 4], "and the long long story " * (n % 3)) for n in range(16)]
    respondent = _asked(folder, media, turns, max_new=4)
    alone = [respondent.answer_batch([turn])[0] for turn in turns]
    for size in (2, 7, 16):
        for start in range(0, 16, size):
            for one, other in zip(respondent.answer_batch(turns[start : start + size]), alone[start:], strict=False):
                assert (one.position, one.raw) == (other.position, other.raw)
                assert one.choice_scores == pytest.approx(other.choice_scores, abs=1e-5)


def test_likelihoods_equal_a_plain_pass_over_the_full_sequence(folder: Path, media: Media) -> None:
    turns = [media.turn(n, pictures) for n, pictures in enumerate((1, 2, 4))]
    respondent = _asked(folder, media, turns)
    model, processor = respondent.loaded.model, respondent.processor
    for turn, answer in zip(turns, respondent.answer_batch(turns), strict=True):
        question = respondent._question(turn, ())
        images = [respondent._picture(digest) for digest in turn.images]
        text = respondent._text([(turn.prompt, None)])
        for choice, score in zip(question.choices, answer.choice_scores or (), strict=True):
            given = processor(text=[text], images=[images], return_tensors="pt", add_special_tokens=False)
            start, extra = given["input_ids"].shape[1], torch.tensor([choice])
            given["input_ids"] = torch.cat([given["input_ids"], extra], 1)
            given["attention_mask"] = torch.ones_like(given["input_ids"])
            if "mm_token_type_ids" in given:
                given["mm_token_type_ids"] = torch.cat([given["mm_token_type_ids"], torch.zeros_like(extra)], 1)
            with torch.no_grad():
                logs = model(**given, use_cache=False).logits.log_softmax(-1)
            expected = sum(float(logs[0, start - 1 + k, token]) for k, token in enumerate(choice))
            assert score == pytest.approx(expected, abs=1e-5)


def test_text_equals_generate(folder: Path, media: Media) -> None:
    turn = media.turn(3, 2)
    respondent = _asked(folder, media, [turn], max_new=5, answer_by="text")
    images = [respondent._picture(digest) for digest in turn.images]
    given = respondent.processor(
        text=[respondent._text([(turn.prompt, None)])], images=[images], return_tensors="pt", add_special_tokens=False
    )
    made = respondent.loaded.model.generate(**given, do_sample=False, max_new_tokens=5)
    said = respondent.processor.tokenizer.decode(made[0, given["input_ids"].shape[1] :], skip_special_tokens=True)
    assert respondent.answer(turn, ()).raw == said.strip()


def test_every_picture_goes_through_the_tower_once(folder: Path, media: Media) -> None:
    turns = [media.turn(n, 2) for n in range(8)]
    respondent = _asked(folder, media, turns)
    respondent.answer_batch(turns)
    encoded = respondent.reader.encoded
    respondent.answer_batch(turns)
    assert respondent.reader.encoded == encoded
    assert encoded == len(respondent.reader._features)


def test_history_is_the_models_own(folder: Path, media: Media) -> None:
    first, second = media.turn(0, 2), media.turn(1, 2)
    respondent = _asked(folder, media, [first, second])
    answer = respondent.answer(first, ())
    with_history = respondent.answer(second, [Exchange(first, answer)])
    other = Exchange(first, type(answer)(position=1 - (answer.position or 0), source="likelihood"))
    assert with_history.choice_scores != respondent.answer(second, ()).choice_scores
    assert with_history.choice_scores != respondent.answer(second, [other]).choice_scores


def test_too_long_is_said_before_the_run_with_its_tokens(folder: Path, media: Media) -> None:
    respondent = VlmRespondent(folder)
    turn = media.turn(0, 2, "word " * 5000)
    with pytest.raises(UserError, match=r"item item-0 takes \d+ tokens, the model (1024|4096)"):
        respondent.open(media.session([turn]))
    fits = media.turn(1, 2)
    respondent.open(media.session([fits]))
    assert respondent._length([fits]) >= len(respondent._question(fits, ()).ids)


def test_mistakes_are_said(tmp_path: Path, trained: Path) -> None:
    with pytest.raises(UserError, match="no model here"):
        from_spec("vlm", str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UserError, match="never loaded"):
        from_spec("vlm", str(tmp_path))
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoModel": "x.py"}}')
    with pytest.raises(UserError, match="own code"):
        from_spec("vlm", str(tmp_path))
