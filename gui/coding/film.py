"""Pictures of a session's video by the number of their frame, decoded beside the window.

A video can only be read forwards; going back reads it anew from the last place where a reader may begin. Pictures near
the last one are kept, so that stepping to and fro costs nothing.
"""

from __future__ import annotations

import bisect
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError
from PySide6.QtGui import QImage

from devkit.errors import UserError

WIDTH = 640
KEPT = 90
BACK = 30


class Reel:
    """The films of a session, their frames counted on from one to the next.

    Args:
        films: In their order.
        first: Number that the first frame of each has.
    """

    def __init__(self, films: Sequence[Film], first: Sequence[int]) -> None:
        self.films, self.first = films, first

    def at(self, number: int) -> QImage:
        """Return the picture of a frame; a null one behind the end.

        Raises:
            UserError: The video cannot be read.
        """
        place = bisect.bisect_right(self.first, number) - 1
        return self.films[place].at(number - self.first[place])

    def close(self) -> None:
        """Close the files."""
        for film in self.films:
            film.close()


class Film:
    """One video.

    Args:
        path: Its file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, QImage] = OrderedDict()
        self._next = 0
        self._source: Any = None
        self._frames: Iterator[Any] = iter(())

    def at(self, number: int) -> QImage:
        """Return the picture of a frame, counted from 0; a null one behind the end.

        Raises:
            UserError: The video cannot be read.
        """
        with self._lock:  # quick keys ask on several threads
            if number not in self._kept:
                try:
                    self._read(number)
                except (FFmpegError, OSError) as error:
                    raise UserError(f"the video cannot be read: {error}", place=str(self.path), code="video") from None
            return self._kept.get(number, QImage())

    def _read(self, number: int) -> None:
        if self._source is None or number < self._next:
            self._close()
            self._source = av.open(str(self.path))
            self._frames, self._next = self._source.decode(video=0), 0
        for frame in self._frames:
            here, self._next = self._next, self._next + 1
            if here >= number - BACK:
                self._keep(here, frame)
            if here >= number:
                return

    def _keep(self, number: int, frame: Any) -> None:
        width = min(WIDTH, frame.width)
        height = max(2, round(width * frame.height / frame.width))
        pixels = frame.reformat(width, height, "rgb24").to_ndarray().tobytes()
        self._kept[number] = QImage(pixels, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def close(self) -> None:
        """Close the file; pictures that are kept stay."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._source is not None:
            self._frames = iter(())
            self._source.close()
            self._source = None
