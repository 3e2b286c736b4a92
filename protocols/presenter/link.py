"""The child's end of the conversation with the parent, on descriptors that nothing else writes to.

One thread reads, one sends a beat a second. When the parent's end closes, however the parent died, the main loop is
told; if it does not end within two seconds, the process ends all the same: no orphan keeps a screen.
"""

from __future__ import annotations

import os
import queue
import threading
import time

from devkit.errors import UserError
from protocols.messages import Beat, ToChild, Trouble, decode_for_child, encode
from protocols.wire import Message

BEAT_S = 1.0
GRACE_S = 2.0


class ParentGone(Exception):
    """The parent's end of the pipe is closed."""


class Link:
    """The conversation.

    Args:
        incoming: Descriptor to read from.
        outgoing: Descriptor to write to.
    """

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._in, self._out = incoming, outgoing
        self._inbox: queue.Queue[ToChild] = queue.Queue()
        self._returned: ToChild | None = None
        self._sending = threading.Lock()
        self._gone = threading.Event()
        self._turned_at = time.monotonic()
        self._parent = os.getppid()
        threading.Thread(target=self._read, name="link-reader", daemon=True).start()

    def start_beating(self) -> None:
        """Begin to tell the parent once a second that we live; after everything slow is imported."""
        self._turned_at = time.monotonic()
        threading.Thread(target=self._beat, name="link-beat", daemon=True).start()

    def send(self, message: Message) -> None:
        """Send a message; a parent that is gone is noticed by `take`, not here."""
        data = memoryview(encode(message))
        with self._sending:
            try:
                while data:
                    data = data[os.write(self._out, data) :]
            except OSError:
                self._gone.set()

    def take(self, timeout_s: float = 0.0) -> ToChild | None:
        """Return the next message, or None after ``timeout_s``; also says that the drawing loop turns.

        Raises:
            ParentGone: The parent is no more.
        """
        self._turned_at = time.monotonic()
        if self._gone.is_set():
            raise ParentGone
        if self._returned is not None:
            message, self._returned = self._returned, None
            return message
        try:
            message = self._inbox.get(timeout=timeout_s) if timeout_s else self._inbox.get_nowait()
        except queue.Empty:
            return None
        return message

    def put_back(self, message: ToChild) -> None:
        """Give a message back, so that the next `take` returns it."""
        self._returned = message

    def _read(self) -> None:
        with os.fdopen(self._in, "rb") as stream:
            for line in stream:
                try:
                    message = decode_for_child(line)
                except UserError as error:
                    self.send(Trouble(message=error.problem.message, hint=error.problem.hint))
                    continue
                if not isinstance(message, Beat):
                    self._inbox.put(message)
        self._end()

    def _beat(self) -> None:
        while not self._gone.wait(BEAT_S):
            self.send(Beat(loop_age_s=time.monotonic() - self._turned_at))
            if os.name == "posix" and os.getppid() != self._parent:
                break
        self._end()

    def _end(self) -> None:
        self._gone.set()
        time.sleep(GRACE_S)
        os._exit(0)
