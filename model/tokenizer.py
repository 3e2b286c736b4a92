"""The tokenizer: byte-level BPE trained on the transcripts, nothing from outside.

NFKC and lower case, ``<pad>`` 0, ``<unk>`` 1, ``<sos>`` 2, ``<eos>`` 3, ``<image>`` 4. It loads with
`transformers.AutoTokenizer`. How words and images become a sequence is the business of `model.dialogue`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from devkit.errors import UserError
from devkit.items import IMAGE_MARK
from model.parts import TokenizerConfig

PAD, UNK, SOS, EOS, IMAGE = 0, 1, 2, 3, 4
SPECIAL = ("<pad>", "<unk>", "<sos>", "<eos>", IMAGE_MARK)
CHAT_TEMPLATE = (
    "{{ '<sos>' }}{% for message in messages %}"
    "{{ (' USER: ' if message['role'] == 'user' else ' ASSISTANT: ') }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{{ '<image>' if part['type'] == 'image' else part['text'] }}{% endfor %}{% endif %}"
    "{% if message['role'] != 'user' %}{{ '<eos>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ ' ASSISTANT:' }}{% endif %}"
)


def train_tokenizer(texts: Iterable[str], config: TokenizerConfig) -> PreTrainedTokenizerFast:
    """Train a tokenizer on texts; the same texts in the same order give the same tokenizer.

    Args:
        texts: The utterances of the training split.
        config: Size and frequency floor.
    """
    core = Tokenizer(models.BPE(unk_token="<unk>"))
    core.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=config.vocabulary,
        min_frequency=config.min_frequency,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        unk_token="<unk>",
        bos_token="<sos>",
        eos_token="<eos>",
        extra_special_tokens={"image_token": IMAGE_MARK},
        padding_side="left",
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Load a tokenizer from a checkpoint or run folder.

    Raises:
        UserError: There is none, or its special tokens are not ours.
    """
    if not (folder / "tokenizer.json").is_file():
        raise UserError("there is no tokenizer.json", place=str(folder))
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    found = tuple(tokenizer.convert_tokens_to_ids(list(SPECIAL)))
    if found != (PAD, UNK, SOS, EOS, IMAGE):
        raise UserError("the special tokens are not <pad> <unk> <sos> <eos> <image>", place=str(folder))
    return tokenizer
