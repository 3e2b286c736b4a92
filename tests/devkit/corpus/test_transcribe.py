"""faster-whisper with a tiny random Whisper: whatever it hears becomes a transcript that can be read, once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from devkit.annotations import Recording
from devkit.cli.root import run
from devkit.corpus.read import Corpus
from tests.devkit.corpus.conftest import write_list
from tests.devkit.corpus.films import ffmpeg, speech

pytestmark = pytest.mark.slow
pytest.importorskip("faster_whisper")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from ctranslate2.converters import TransformersConverter
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        PreTrainedTokenizerFast,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
    )
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    source, folder = tmp_path_factory.mktemp("whisper"), tmp_path_factory.mktemp("ct2") / "model"
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in LANGUAGES), "<|translate|>"]
    special += ["<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    special += [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
    tokenizer = Tokenizer(models.BPE({letter: place for place, letter in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=special[0], eos_token=special[0])
    fast.save_pretrained(source)
    size = tokenizer.get_vocab_size()
    torch.manual_seed(2)
    first = tokenizer.token_to_id("<|startoftranscript|>")
    shape = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2}
    shape |= {"decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "vocab_size": size}
    end = tokenizer.token_to_id(special[0])
    shape |= {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end, "max_target_positions": 448}
    # The usual lists name tokens of the usual vocabulary; in a smaller one CTranslate2 would write beyond its end.
    shape |= {"suppress_tokens": [], "begin_suppress_tokens": [tokenizer.token_to_id("Ġ"), end]}
    config = WhisperConfig(**shape, decoder_start_token_id=first)
    WhisperForConditionalGeneration(config).save_pretrained(source)
    WhisperFeatureExtractor().save_pretrained(source)
    tokenizer.save(str(source / "tokenizer.json"))
    TransformersConverter(str(source), copy_files=["tokenizer.json", "preprocessor_config.json"]).convert(str(folder))
    return folder


def test_recordings_without_a_transcript_get_one(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tmp_path / "c"
    corpus.mkdir()
    sound, _ = speech(tmp_path, 4, ((500, "look at the ball"),))
    ffmpeg("-f", "lavfi", "-i", "color=c=gray:s=64x48:r=10:d=4", "-i", sound, "-c:a", "aac", corpus / "r.mp4")
    (corpus / "corpus.json").write_text('{"name": "c"}')
    row = {"name": "r", "child": "A", "date": "2020-01-01", "age_months": 9, "age_days": 1, "video": "r.mp4"}
    write_list(corpus, [Recording(**row, duration_ms=4000, fps=10, width=64, height=48)])
    command = ["corpus", "transcribe", str(corpus), "--language", "en", "--weights"]
    assert run([*command, str(tmp_path)]) == 2
    assert "model.bin is missing" in capsys.readouterr().err
    assert run([*command, str(weights)]) == 0
    assert "1 recordings transcribed" in capsys.readouterr().out
    opened = Corpus.open(corpus)
    found = opened.transcript(opened.recordings[0])
    assert found.format == "plain"
    assert len(json.loads((corpus / "transcripts" / "r.json").read_text())) == found.entries
    assert run([*command, str(weights)]) == 0
    assert "0 recordings transcribed" in capsys.readouterr().out
