"""Contact sheets show what they say."""

from __future__ import annotations

from PIL import Image

from devkit.annotations import AnnotatedFrame, Box
from devkit.toybox.sheets import GROUND, MARK, frames_sheet, marked, nouns_sheet


def test_the_sheet_of_nouns_has_a_toy_in_every_cell() -> None:
    sheet = nouns_sheet(["ball", "cup"], instances=2, columns=2, cell=48)
    assert sheet.size == (2 * (2 * 48 + 12), 48 + 26)
    for left in (6, 54, 114, 162):
        cell = sheet.crop((left, 22, left + 48, 70))
        assert len(cell.getcolors(5000) or []) > 50
    assert sheet.getpixel((0, sheet.height - 1)) == GROUND


def test_frames_stand_side_by_side_and_boxes_are_marked() -> None:
    gray = Image.new("RGB", (64, 48), (120, 120, 120))
    assert frames_sheet([gray] * 5, columns=2, width=40).size == (80, 90)
    frame = AnnotatedFrame(recording="r", time_ms=0, boxes=(Box(noun="cup", x=10, y=20, w=20, h=20),))
    shown = marked(gray, frame)
    assert shown.getpixel((10, 30)) == MARK
    assert gray.getpixel((10, 30)) == (120, 120, 120)
