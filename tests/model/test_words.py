"""Tokenizer, template and batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from devkit.errors import UserError
from model.config import TokenizerConfig
from model.dialogue import IGNORED, Encoder, Sample, collate
from model.tokenizer import EOS, IMAGE, PAD, SOS, UNK, load_tokenizer, train_tokenizer

TEXTS = ["look at the ball", "where is the dog?", "the dog has the ball"] * 4
TOKENIZER = train_tokenizer(TEXTS, TokenizerConfig(vocabulary=320, min_frequency=3))
ENCODER = Encoder(TOKENIZER, 5)


def test_special_tokens_have_the_published_ids() -> None:
    assert TOKENIZER.convert_tokens_to_ids(["<pad>", "<unk>", "<sos>", "<eos>", "<image>"]) == [0, 1, 2, 3, 4]


def test_same_texts_same_tokenizer() -> None:
    again = train_tokenizer(TEXTS, TokenizerConfig(vocabulary=320, min_frequency=3))
    assert again.get_vocab() == TOKENIZER.get_vocab()


@given(st.text(max_size=60))
def test_every_text_survives_but_for_case_and_compatibility(text: str) -> None:
    import unicodedata

    ids = ENCODER.words(text)
    assert UNK not in ids
    assert not {SOS, EOS, IMAGE, PAD} & set(ids)
    assert TOKENIZER.decode(list(ids)) == unicodedata.normalize("NFKC", text).lower()


def test_loads_with_auto_tokenizer(tmp_path: Path) -> None:
    TOKENIZER.save_pretrained(tmp_path)
    assert AutoTokenizer.from_pretrained(tmp_path).get_vocab() == load_tokenizer(tmp_path).get_vocab()


def test_a_folder_without_tokenizer_is_a_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tokenizer\.json"):
        load_tokenizer(tmp_path)


def test_letters_can_stand_behind_their_pictures() -> None:
    behind = Encoder(TOKENIZER, 5, "after")
    asked = "<image> Which of these? (A) <image> (B)<image>, or (C) the first image"
    assert behind.question(asked, first=True) == ENCODER.question(
        "<image> Which of these? <image> (A) <image>(B), or (C) the first image", first=True
    )
    assert behind.question("How many? <image>", first=True) == ENCODER.question("How many? <image>", first=True)


def test_template_snapshot() -> None:
    ids, labels = ENCODER.dialogue([("Touch the ball. (A) <image> (B) <image>", "A"), ("And now? <image>", "dog")])
    text = TOKENIZER.decode(list(ids)).replace("<image>" * 5, "<image>")
    assert text == (
        "<sos> user: touch the ball. (a) <image> (b) <image> assistant: a<eos>"
        " user: and now? <image> assistant: dog<eos>"
    )
    learnt = [token for token in labels if token != IGNORED]
    assert TOKENIZER.decode(learnt) == " a<eos> dog<eos>"


def test_template_equals_the_chat_template() -> None:
    ids, _ = ENCODER.dialogue([("Where is the dog? <image>", "B"), ("Now? <image>", "A")])
    chat = TOKENIZER.apply_chat_template(
        [
            {"role": "user", "content": "Where is the dog? <image>"},
            {"role": "assistant", "content": "B"},
            {"role": "user", "content": [{"type": "text", "text": "Now? "}, {"type": "image"}]},
            {"role": "assistant", "content": "A"},
        ],
        tokenize=False,
    ).replace("<image>", "<image>" * 5)
    assert tuple(TOKENIZER.encode(chat, add_special_tokens=False)) == ids


def test_narration_learns_what_is_said() -> None:
    ids, labels = ENCODER.narration([(1, "the ball"), (2, "the dog")])
    assert ids.count(IMAGE) == 15
    assert TOKENIZER.decode([token for token in labels if token != IGNORED]) == "the ball<eos>the dog<eos>"
    assert ids[0] == SOS


def test_unknown_tokens_never_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENCODER._known, " weird", (UNK, 7))
    _, labels = ENCODER.dialogue([("what?", "weird")])
    assert UNK not in labels
    assert 7 in labels


def test_batches_pad_and_count() -> None:
    picture = np.zeros((4, 4, 3), dtype=np.uint8)
    short = Sample((2, 4, 9, 3), (IGNORED, IGNORED, 9, 3), (picture,), (0,), ("a@0",))
    long = Sample((2, 4, 4, 9, 9, 3), (IGNORED,) * 3 + (9, IGNORED, 3), (picture, picture + 1), (1, 0), ("b@0", "b@1"))
    batch = collate([short, long])
    assert batch.valid == 4
    assert batch.places.tolist() == [0, 2, 1]
    assert batch.images.shape == (3, 4, 4, 3)
    assert batch.mask.tolist() == [[1, 1, 1, 1, 0, 0], [1] * 6]
    assert collate([short, short]).mask is None
    assert batch.seen == ("a@0", "b@0", "b@1")
