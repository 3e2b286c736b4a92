"""The two processes: starting, warm sessions, prints, and what happens when one of them dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from devkit.errors import UserError
from devkit.respondents import SessionContext
from protocols.equipment import DisplaySettings
from protocols.human import HumanRespondent
from protocols.messages import Hello, decode_for_parent
from protocols.presenter.virtual import VirtualScreen, start_virtual_screen
from protocols.process import Presenter, PresenterLost, child_environment
from protocols.x11 import require_display
from tests.protocols.presenter.conftest import Turns

pytestmark = pytest.mark.screen


def gone(pid: int, within_s: float = 60) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_one_window_serves_many_sessions(presenter: Presenter, context: Callable[..., SessionContext]) -> None:
    pids = set()
    for ground in ("#808080", "#203040"):
        person = HumanRespondent("P01", presenter=presenter, sound=False)
        person.open(context(ground=ground))
        person.close()
        assert presenter.alive
        pids.add(presenter.pid)
        assert person.closed is not None
    assert len(pids) == 1


def test_the_childs_environment_is_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_PLUGIN_PATH", "/somewhere")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    found = child_environment(":7", {"EXTRA": "1"})
    assert "QT_PLUGIN_PATH" not in found
    assert "PYTHONPATH" not in found
    assert (found["DISPLAY"], found["EXTRA"]) == (":7", "1")
    assert os.environ["QT_PLUGIN_PATH"] == "/somewhere"


def test_prints_cannot_reach_the_conversation(screen: VirtualScreen, tmp_path: Path) -> None:
    """In the mode without inherited descriptors standard output is the pipe; prints must still go elsewhere."""
    (tmp_path / "psychopy.py").write_text("print('hello from a library')\nraise ImportError('stop here')\n")
    program = (
        "import sys, os, threading\n"
        "from protocols.presenter import __main__ as start\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "try:\n    start.main(['--link', 'stdio'])\nexcept ImportError:\n    os.write(1, b'and from C\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=child_environment(screen.display),
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.stdout == b""
    assert b"hello from a library" in done.stderr
    assert b"and from C" in done.stderr


@pytest.mark.slow
def test_standard_streams_serve_where_descriptors_cannot_be_passed(screen: VirtualScreen) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "protocols.presenter", "--link", "stdio"],
        env=child_environment(screen.display),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    first = decode_for_parent(child.stdout.readline())
    assert isinstance(first, Hello)
    assert first.pid == child.pid
    assert abs(first.clock_s - time.perf_counter()) < 90, "both processes read one clock"
    child.stdin.close()
    assert child.wait(60) == 0
    child.stdout.close()


def test_a_dead_presenter_is_told_and_leaves_the_parent_alive(
    screen: VirtualScreen, context: Callable[..., SessionContext], turn: Turns
) -> None:
    person = HumanRespondent("P01", x_display=screen.display, sound=False)
    person.open(context())
    presenter = person.presenter
    assert presenter is not None
    os.kill(presenter.pid, signal.SIGKILL)
    with pytest.raises(PresenterLost, match="SIGKILL"):
        person.answer(turn("pair"), ())
    with pytest.raises(PresenterLost):
        person.answer(turn("pair"), ())
    person.close()
    assert gone(presenter.pid)


def test_the_child_ends_with_its_parent(screen: VirtualScreen) -> None:
    program = (
        "import time\nfrom protocols.process import Presenter\n"
        "presenter = Presenter()\nprint(presenter.pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], env=child_environment(screen.display), stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert psutil.pid_exists(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(child)


def test_a_screen_that_is_not_there_is_refused(presenter: Presenter, context: Callable[..., SessionContext]) -> None:
    absent = HumanRespondent("P01", presenter=presenter, sound=False, display=DisplaySettings(screen="HDMI-9"))
    with pytest.raises(UserError, match=r"HDMI-9.*there are: screen 1024x768"):
        absent.open(context())
    absent.close()
    wrong = DisplaySettings(screen="screen", geometry=(1920, 0, 1920, 1080))
    other = HumanRespondent("P01", presenter=presenter, sound=False, display=wrong)
    with pytest.raises(UserError, match=r"no screen has the geometry 1920x1080\+1920\+0"):
        other.open(context())
    other.close()
    good = HumanRespondent("P01", presenter=presenter, sound=False)
    good.open(context())
    good.close()


def test_a_picture_that_cannot_be_read_is_named_and_the_next_turn_works(
    presenter: Presenter, context: Callable[..., SessionContext], turn: Turns, tmp_path: Path
) -> None:
    put = turn("pair")
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    whole = context()
    session = SessionContext(whole.session_id, lambda digest: broken, 1, "en")
    person = HumanRespondent("P01", presenter=presenter, sound=False)
    person.open(session)
    with pytest.raises(UserError, match=r"broken\.png: the picture cannot be read"):
        person.answer(put, ())
    person.close()
    assert presenter.alive


def test_no_display_is_one_message_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(UserError, match=r"no display.*xvfb-run"):
        require_display()
    with pytest.raises(UserError, match=":987 does not answer"):
        require_display(":987")


def test_no_display_is_noticed_before_anything_heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import sys\nfrom protocols.human import HumanRespondent\nfrom devkit.respondents import SessionContext\n"
        "from devkit.errors import UserError\n"
        "try:\n    HumanRespondent('P01').open(SessionContext('s', None, 0, 'en'))\n"
        "except UserError as error:\n    print(error)\n"
        "print('psychopy' in sys.modules, 'pyglet' in sys.modules)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert "there is no display" in first
    assert second == "False False"


def test_a_virtual_screen_takes_a_free_number_and_ends(screen: VirtualScreen) -> None:
    with start_virtual_screen((640, 480)) as second:
        assert second.display != screen.display
        require_display(second.display)
        pid = second.pid
    assert gone(pid)


def test_without_xvfb_there_is_no_virtual_screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="install Xvfb"):
        start_virtual_screen()
