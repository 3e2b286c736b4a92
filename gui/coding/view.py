"""A coder at work: the child's face from the video, one key a look, trial by trial in an order of the coder's own.

The procedure is `devkit.gaze.coding`'s, the sheet the same table that `devkit gaze code` writes. The coder sees neither
word nor target, and nothing of other coders. Finished sheets are brought into the journal by `devkit.gaze.session`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QWidget

from devkit.errors import UserError
from devkit.gaze.agreement import Agreement, compare
from devkit.gaze.coding import Coding, begin, resume, save
from devkit.gaze.files import Look, read_manual
from devkit.gaze.session import Clock, bring, joined, read_times, rows_of
from devkit.lab import Lab
from devkit.lab.videos import parts, times_path, video_path
from gui.bench import Bench
from gui.coding.film import Film, Reel
from gui.parts import boxed, button, card, column, label, levelled, row, spoken
from gui.theme import px
from gui.words import mark, tr

KEYS: dict[Qt.Key, Look] = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Down: "away",
    Qt.Key.Key_X: "missing",
}
WORDS: dict[Look, str] = {
    "left": mark("left"),
    "right": mark("right side"),
    "away": mark("away"),
    "missing": mark("not seen"),
}
SIGNS: dict[Look, str] = {"left": "←", "right": "→", "away": "↓", "missing": "X"}
FOLDER = "coding"
LEAST_AGREEMENT = 0.85


@dataclass(frozen=True, slots=True)
class Desk:
    """What a coder works with.

    Attributes:
        session_id: The session.
        coder: Who codes; never a child's name.
        coding: The sheet as it stands.
        sheet: Its file.
        film: The videos; None where there is none whose times are known.
        clock: When each frame was taken.
    """

    session_id: str
    coder: str
    coding: Coding
    sheet: Path
    film: Reel | None
    clock: Clock


def sheet_path(lab: Lab, session_id: str, coder: str) -> Path:
    """Return where a coder's sheet of a session lies: beside the videos, readable by their owner only."""
    name = "".join(letter if letter.isalnum() else "-" for letter in coder)
    return lab.path / FOLDER / f"{session_id}.{name}.csv"


def open_desk(lab: Lab, session_id: str, coder: str) -> Desk:
    """Open a coder's sheet where it was left, or begin one.

    Raises:
        UserError: There is nothing to code, or a file cannot be read.
    """
    films = parts(lab.path, session_id)
    timed = [name for name in films or [session_id] if times_path(lab.path, name).exists()]
    clock, first = joined([read_times(times_path(lab.path, name)) for name in timed])
    reel = Reel([Film(video_path(lab.path, name)) for name in timed], first) if films and timed else None
    coding = begin(lab.read_session(session_id), clock, coder)
    sheet = sheet_path(lab, session_id, coder)
    if sheet.exists():
        coding = resume(coding, sheet)
    return Desk(session_id, coder, coding, sheet, reel, clock)


class CodingView(QWidget):
    """The video, the keys, and how far the coder is.

    Signals:
        closed: The coder goes back to the records.
    """

    closed = Signal()

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.desk: Desk | None = None
        self._image = QImage()
        self.picture = spoken(QLabel(), tr("The child's face"))
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.picture.setMinimumHeight(px(160))
        self.where, self.now = label("", "heading", wrap=False), label("", "figure", wrap=False)
        self.done = spoken(QProgressBar(), tr("Frames coded"))
        self.note = label("", "hint")
        self.agreement = label("", "quiet")
        keys = [button(f"{SIGNS[look]}  {tr(WORDS[look])}", "large", on=partial(self.key, look)) for look in WORDS]
        steps = (
            button(tr("Frame back"), on=lambda: self.step(-1), sign="back"),
            button(tr("Next frame"), on=lambda: self.step(1), sign="next"),
            button(tr("Trial before"), on=lambda: self.trial(-1)),
            button(tr("Next trial"), on=lambda: self.trial(1)),
        )
        self.finish = button(tr("Bring it into the records"), "primary", on=self.bring_in, sign="import")
        back = button(tr("Back to the records"), on=self.leave, sign="back")
        for one in (*keys, *steps):
            one.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        panel = card(self.now, *keys, boxed(row(*steps[:2])), boxed(row(*steps[2:])), self.note, heading=tr("Looks"))
        panel.setMaximumWidth(px(360))
        middle = row(self.picture, panel, gap=16)
        middle.setStretch(0, 1)
        layout = column(row(self.where, None, back, self.finish), middle, self.done, self.agreement)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def begin(self, desk: Desk) -> None:
        """Show a coder's sheet."""
        self.desk = desk
        if desk.film is None:
            self.note.setText(tr("There is no video of this session: code it from your own player, by the times."))
        else:
            self.note.setText(
                tr(
                    "The picture is mirrored: its left is the child's left. A look holds until the next one; Ctrl with "
                    "an arrow goes from frame to frame."
                )
            )
        self.agreement.clear()
        self._show()
        self.setFocus()

    def key(self, look: Look) -> None:
        """Say where the child looks from here on, and go on to the next frame."""
        if self.desk is None:
            return
        self._put(self.desk.coding.key(look).step(1))

    def step(self, by: int) -> None:
        """Show another frame."""
        if self.desk is not None:
            self._put(self.desk.coding.step(by))

    def trial(self, by: int) -> None:
        """Show another trial's first frame; what was coded is written."""
        if self.desk is not None:
            self._put(self.desk.coding.next_trial(by))
            self.keep()

    def _put(self, coding: Coding) -> None:
        assert self.desk is not None
        before, desk = self.desk.coding, self.desk
        self.desk = Desk(desk.session_id, desk.coder, coding, desk.sheet, desk.film, desk.clock)
        if before.current.trial != coding.current.trial or coding.done:
            self.keep()
        self._show()

    def keep(self) -> None:
        """Write the sheet."""
        if self.desk is None:
            return
        try:
            self.desk.sheet.parent.mkdir(mode=0o700, exist_ok=True)
            save(self.desk.coding, self.desk.sheet)
        except OSError as error:
            self.bench.fail(UserError(f"the sheet cannot be written: {error.strerror}", place=str(self.desk.sheet)))
        except UserError as error:
            self.bench.fail(error)

    def _show(self) -> None:
        desk = self.desk
        if desk is None:
            return
        coding, here = desk.coding, desk.coding.current
        order = list(dict.fromkeys(frame.trial for frame in coding.frames))
        self.where.setText(tr("Trial {n} of {all}", n=order.index(here.trial) + 1, all=len(order)))
        look = here.look
        self.now.setText(f"{SIGNS[look]}  {tr(WORDS[look])}" if look is not None else tr("not coded"))
        self.now.setAccessibleName(self.now.text())
        self.done.setRange(0, len(coding.frames))
        self.done.setValue(coding.coded)
        self.done.setFormat(tr("{n} of {all} frames", n=coding.coded, all=len(coding.frames)))
        self.finish.setEnabled(coding.done and self.bench.writable)
        film, number = desk.film, here.frame
        if film is None or number is None:
            self.picture.setText(f"{here.t_ms / 1000:.2f} s")
            return
        self.bench.aside.do("film", lambda: film.at(number), self._show_image, self.bench.fail)

    def _show_image(self, image: QImage) -> None:
        if self.desk is None:
            return  # the coder has gone back meanwhile
        self._image = image.flipped(Qt.Orientation.Horizontal)  # the camera faces the child
        self._fit()

    def _fit(self) -> None:
        if not self._image.isNull():
            keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            self.picture.setPixmap(QPixmap.fromImage(self._image.scaled(self.picture.size(), keep, smooth)))

    def bring_in(self) -> None:
        """Append the coded looks to the session's journal, and say how far coders agree."""
        desk, lab = self.desk, self.bench.lab
        if desk is None or lab is None:
            return
        self.keep()
        self.bench.aside.do("gaze:bring", lambda: _brought(lab, desk), self._brought, self.bench.fail)

    def _brought(self, found: list[tuple[str, Agreement]]) -> None:
        if self.desk is None:
            return
        self.bench.say(tr("The looks of {coder} are in the records.", coder=self.desk.coder), "good")
        self.agreement.setText("\n".join(_agreement_words(other, one) for other, one in found))
        low = any(one.agreement is not None and one.agreement < LEAST_AGREEMENT for _, one in found)
        levelled(self.agreement, "caution" if low else "")
        self.finish.setEnabled(False)
        self.bench.refresh()

    def leave(self) -> None:
        """Write the sheet and go back."""
        self.close_view()
        self.closed.emit()

    def close_view(self) -> None:
        """Write the sheet and close the video."""
        if self.desk is not None:
            self.keep()
            if self.desk.film is not None:
                self.desk.film.close()
            self.desk = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the coder's keys."""
        key, stepping = Qt.Key(event.key()), event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if stepping and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.step(-1 if key == Qt.Key.Key_Left else 1)
        elif key in KEYS and not stepping:
            self.key(KEYS[key])
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self.trial(1 if key == Qt.Key.Key_PageDown else -1)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw the picture as large as there is room."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Have the keys from the beginning."""
        super().showEvent(event)
        self.setFocus()


def _brought(lab: Lab, desk: Desk) -> list[tuple[str, Agreement]]:
    """Append a finished sheet; return the agreement with every other coder of the session."""
    session = lab.read_session(desk.session_id)
    bring(lab, desk.session_id, rows_of(session, read_manual(desk.sheet), desk.clock, desk.coder), desk.coder)
    gaze = lab.read_session(desk.session_id).gaze
    others = sorted({sample.coder for sample in gaze} - {desk.coder})
    return [(other, compare(gaze, desk.coder, other)[0]) for other in others]


def _agreement_words(other: str, found: Agreement) -> str:
    if found.agreement is None:
        return tr("No frames in common with {coder}", coder=other)
    kappa = tr("not defined") if found.kappa is None else f"{found.kappa:.2f}"
    return tr(
        "{share} of {n} frames as {coder} coded them, kappa {kappa}",
        share=f"{found.agreement:.0%}",
        n=found.frames,
        coder=other,
        kappa=kappa,
    )
