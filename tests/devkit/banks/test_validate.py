from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from devkit.banks import Bank, BankWriter
from devkit.banks.validate import Limits, check_bank, check_picture, header_size
from devkit.items import Choice, Item, SpokenPrompt, Turn


def encoded(kind: str, size: tuple[int, int] = (37, 21), **how: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(buffer, kind, **how)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "how", "suffix"),
    [
        ("JPEG", {}, ".jpg"),
        ("JPEG", {"progressive": True, "quality": 40}, ".jpg"),
        ("JPEG", {"exif": Image.Exif(), "comment": b"\xff\xc0 no frame header"}, ".jpg"),
        ("PNG", {}, ".png"),
        ("WEBP", {}, ".webp"),
    ],
)
def test_sizes_are_read_from_headers(kind: str, how: dict[str, object], suffix: str) -> None:
    data = encoded(kind, **how)
    assert header_size(data) == (37, 21)
    assert check_picture(data, "x", Limits()) == (data, suffix)
    refused = check_picture(data, "x", Limits(pixels=37 * 21 - 1))
    assert refused[0] == "enormous-image"


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda tail: b"\xff\xd8\xff\xe0" + tail))
def test_garbage_is_a_corrupt_image_and_never_an_exception(data: bytes) -> None:
    assert check_picture(data, "x", Limits())[0] in ("corrupt-image", "enormous-image")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@given(share=st.floats(0, 0.97))
def test_pictures_that_break_off_are_found(kind: str, share: float) -> None:
    data = encoded(kind, (64, 64))
    assert check_picture(data[: int(len(data) * share)], "x", Limits())[0] == "corrupt-image"


def _bank(path: Path) -> Bank:
    with BankWriter(path) as writer:
        left, right = (writer.add(Image.new("RGB", (8, 8), (shade, 0, 0))) for shade in (10, 200))
        sound = writer.add_bytes(b"fLaC, say", ".ogg")
        choices = (Choice(label="a", media=left), Choice(label="b", media=right))
        turn = Turn(prompt="(A) <image> (B) <image>", choices=choices, target=0)
        spoken = (SpokenPrompt(media=sound),)
        writer.add_item(
            Item(item_id="i", task="looking_while_listening", form="standard", turns=(turn,), spoken=spoken)
        )
    return Bank.open(path)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda file: file.unlink(), "missing-media"),
        (lambda file: file.write_bytes(file.read_bytes() + b"x"), "changed-media"),
    ],
)
def test_files_of_a_bank_are_checked_by_their_digests(
    tmp_path: Path, damage: Callable[[Path], object], code: str
) -> None:
    bank = _bank(tmp_path / "b")
    assert check_bank(bank) == []
    for number, digest in enumerate(bank.items["i"].media(), start=1):
        damage(bank.path_of(digest))
        found = check_bank(Bank.open(tmp_path / "b"))
        assert [problem.code for problem in found] == [code] * number
        assert all("item 'i'" in problem.place for problem in found)


def test_a_bank_with_a_file_that_is_no_picture_is_told(tmp_path: Path) -> None:
    with BankWriter(tmp_path / "b") as writer:
        bad = writer.add_bytes(b"no picture", ".png")
        turn = Turn(prompt="<image>", choices=(Choice(label="a", media=bad),), target=0)
        writer.add_item(Item(item_id="i", task="memory", form="standard", turns=(turn,)))
    (problem,) = check_bank(Bank.open(tmp_path / "b"))
    assert problem.code == "corrupt-image"
