"""The packaged build: one folder made by PyInstaller, whose one executable is app, worker, presenter and command line.

Making it takes minutes; a build that is there already is tried as it is when ``DEVKIT_PACKAGE`` names its folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from protocols.messages import Hello, Quit, decode_for_parent, encode
from protocols.presenter.virtual import start_virtual_screen

ROOT = Path(__file__).parents[2]
PATIENCE_S = 300
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build's folder."""
    given = os.environ.get("DEVKIT_PACKAGE")
    if given:
        return Path(given)
    pytest.importorskip("PyInstaller")
    out = tmp_path_factory.mktemp("package")
    made = subprocess.run(
        [str(ROOT / ".ci" / "package" / "build"), str(out), "--only-build"], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-4000:]
    return out / "dist" / "devkit-app"


def _environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing of this installation is found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "QT_"))}
    return {**kept, "DEVKIT_SETTINGS": str(folder), "QT_QPA_PLATFORM": "offscreen", **more}


def _app(build: Path) -> str:
    return str(build / "devkit-app")


def test_what_must_stay_out_stays_out(build: Path) -> None:
    inside = {path.name for path in (build / "_internal").iterdir()}
    assert not inside & {"PyQt6", "PyQt5", "torch", "torchvision", "transformers"}
    assert "PySide6" in inside


def test_the_command_line_answers(build: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [_app(build), "--devkit", "protocol", "list", "--json"],
        env=_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert said.returncode == 0, said.stderr[-2000:]
    assert "glimpse" in {row["name"] for row in json.loads(said.stdout)}


def test_torch_is_found_in_an_environment_that_is_named(build: Path, tmp_path: Path) -> None:
    def asked(**more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [_app(build), "--devkit", "model", "memory", "tiny"],
            env=_environment(tmp_path, **more),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    alone, beside = asked(), asked(DEVKIT_ENVIRONMENT=sys.prefix)
    assert (alone.returncode, beside.returncode) == (2, 0), beside.stderr[-2000:]
    assert "DEVKIT_ENVIRONMENT" in alone.stderr
    assert "parameters" in beside.stdout


def test_the_app_opens_a_lab(build: Path, study: Path, tmp_path: Path) -> None:
    environment = _environment(tmp_path, DEVKIT_GUI_READY="1")
    app = subprocess.Popen([_app(build), str(study)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert app.stdout is not None
        assert _line(app) == b"ready\n"
    finally:
        app.terminate()
        app.communicate(timeout=PATIENCE_S)


def test_the_worker_does_a_command(build: Path, study: Path, tmp_path: Path) -> None:
    worker = subprocess.Popen(
        [_app(build), "--worker"], env=_environment(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    start = {"v": 1, "kind": "start", "job": "a", "arguments": ["lab", "check", str(study), "--json"]}
    try:
        assert worker.stdin is not None
        worker.stdin.write(json.dumps(start).encode() + b"\n")
        worker.stdin.flush()
        while (message := json.loads(_line(worker)))["kind"] != "done":
            assert message["job"] == "a"
        assert message["status"] in (0, 1), message
    finally:
        worker.communicate(timeout=PATIENCE_S)


def test_the_presenter_says_hello(build: Path, tmp_path: Path) -> None:
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    screen = start_virtual_screen((800, 600))
    try:
        _greet(build, _environment(tmp_path, DISPLAY=screen.display))
    finally:
        screen.close()


def _greet(build: Path, environment: dict[str, str]) -> None:
    to_child, from_child = os.pipe(), os.pipe()
    presenter = subprocess.Popen(
        [_app(build), "--presenter", "--link", f"{to_child[0]},{from_child[1]}"],
        env=environment,
        pass_fds=(to_child[0], from_child[1]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    os.close(to_child[0])
    os.close(from_child[1])
    try:
        with os.fdopen(from_child[0], "rb") as back, os.fdopen(to_child[1], "wb") as to:
            hello = decode_for_parent(_within(back.readline, presenter))
            assert isinstance(hello, Hello)
            assert hello.pid == presenter.pid
            to.write(encode(Quit()))
            to.flush()
            presenter.wait(timeout=PATIENCE_S)
    finally:
        presenter.kill()
        presenter.communicate()


def _line(program: subprocess.Popen[bytes]) -> bytes:
    assert program.stdout is not None
    return _within(program.stdout.readline, program)


def _within(read: object, program: subprocess.Popen[bytes]) -> bytes:
    """Return what a program writes; one that says nothing for minutes is killed, which ends the reading."""
    assert callable(read)
    guard = threading.Timer(PATIENCE_S, program.kill)
    guard.start()
    try:
        line: bytes = read()
    finally:
        guard.cancel()
        guard.join()
    if not line:
        program.wait(timeout=PATIENCE_S)
        said = program.stderr.read().decode(errors="replace") if program.stderr is not None else ""
        raise AssertionError(f"it ended with status {program.returncode}: {said[-2000:]}")
    return line
