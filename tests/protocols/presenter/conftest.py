"""A virtual screen, a warm presenter on it, drawn pictures, turns of every layout, a sound server without a device."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from devkit.annotations import DIRECTIONS
from devkit.ids import digest_bytes, uuid7
from devkit.respondents import PresentedTurn, SessionContext, ShownChoice, Timing
from protocols.equipment import DisplaySettings
from protocols.human import HumanRespondent
from protocols.presenter.virtual import VirtualScreen, start_virtual_screen
from protocols.process import Presenter
from tests.protocols.presenter.player import Player
from tests.protocols.presenter.soundserver import null_sound_server

SIZE = (1024, 768)
GROUND = (128, 128, 128)
COLOURS = ("#C0392B", "#2E6DB4", "#2C9A4B", "#C88A1E", "#7A3FA0", "#1F8A8A", "#8A4B2A", "#B03A78", "#5A6B1F", "#404A90")
QUADRANTS = ("top left", "top right", "bottom left", "bottom right")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"screen", "presenter", "play", "sound_presenter"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.screen)


@pytest.fixture(scope="session")
def screen() -> Iterator[VirtualScreen]:
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    with start_virtual_screen(SIZE) as running:
        yield running


@pytest.fixture(scope="session")
def presenter(screen: VirtualScreen, sound_server: dict[str, str] | None) -> Iterator[Presenter]:
    """One warm presenter for all tests; two on one screen would cover each other."""
    with Presenter(display=screen.display, environment=sound_server) as running:
        yield running


@pytest.fixture(scope="session")
def sound_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str] | None]:
    """A PulseAudio with a sink that goes nowhere; yields the environment that reaches it, or None."""
    with null_sound_server(tmp_path_factory.mktemp("pulse")) as environment:
        yield environment


class Pictures:
    """Draws plain pictures on demand; the digest is that of the colour's name and size."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, number: int, size: tuple[int, int] = (200, 200)) -> str:
        """Return the digest of a picture of one colour with a dark edge."""
        digest = digest_bytes(f"{number} {size}".encode())
        path = self.folder / digest
        if not path.exists():
            image = Image.new("RGB", size, COLOURS[number % len(COLOURS)])
            ImageDraw.Draw(image).rectangle((0, 0, size[0] - 1, size[1] - 1), outline="black", width=2)
            image.save(path, "PNG")
        return digest

    def find(self, digest: str) -> Path:
        """Return the file of a digest; unknown digests get a picture of their own."""
        path = self.folder / digest
        if not path.exists():
            Image.new("RGB", (160, 120), f"#{digest[:6]}").save(path, "PNG")
        return path


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    return Pictures(tmp_path_factory.mktemp("pictures"))


class Turns:
    """Makes turns of every layout."""

    def __init__(self, pictures: Pictures) -> None:
        self.picture = pictures

    def __call__(self, layout: str, /, **changes: Any) -> PresentedTurn:
        """Return a turn of a layout; ``changes`` replace fields."""
        labels, shown, stimuli, form = self._parts(layout)
        letters = form == "letter"
        choices = tuple(
            ShownChoice(label, shown[i] if shown else None, "distractor", "ABCDEFGHIJKL"[i] if letters else None)
            for i, label in enumerate(labels)
        )
        turn = PresentedTurn(
            trial_id=uuid7(),
            turn_index=0,
            turn_count=1,
            task="made_up",
            form="standard",
            item_id=f"{layout}-1",
            kind="test",
            prompt="",
            images=(*stimuli, *shown),
            stimuli=stimuli,
            choices=choices,
            target_position=0,
            answer_format=form,  # type: ignore[arg-type]
            layout=layout.split("/")[0],
            timing=Timing(answer_max_ms=60_000, prompt="none", gap_ms=0),
        )
        return replace(turn, **changes)

    def _parts(self, layout: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], str]:
        one = self.picture
        frames = tuple(one(n, (320, 240)) for n in range(5))
        match layout:
            case "pair" | "dialogue":
                return ("a", "b"), (one(0), one(1)), (), "letter"
            case "dialogue/one":
                return ("a",), (one(2),), (), "letter"
            case "grid4":
                return tuple("abcd"), tuple(one(n) for n in range(4)), (), "letter"
            case "quadrants":
                return QUADRANTS, (), (one(4, (400, 300)),), "letter"
            case "query3":
                return tuple("abc"), (one(0), one(1), one(2)), (one(3),), "letter"
            case "sequence":
                return ("right", "left"), (), frames, "word"
            case "sequence/open":
                return DIRECTIONS, (), frames, "word"
            case "single_number":
                return tuple(str(n) for n in range(1, 13)), (), (one(5, (400, 300)),), "number"
        raise ValueError(layout)


LAYOUTS = (
    "pair",
    "grid4",
    "quadrants",
    "query3",
    "sequence",
    "sequence/open",
    "single_number",
    "dialogue",
    "dialogue/one",
)


@pytest.fixture(scope="session")
def turn(pictures: Pictures) -> Turns:
    return Turns(pictures)


@pytest.fixture(scope="session")
def context(pictures: Pictures) -> Callable[..., SessionContext]:
    """Makes the context of a session over some turns."""

    def make(turns: tuple[PresentedTurn, ...] = (), **settings: Any) -> SessionContext:
        return SessionContext(uuid7(), pictures.find, 7, "en", turns, settings)

    return make


@pytest.fixture
def play(
    screen: VirtualScreen, presenter: Presenter, context: Callable[..., SessionContext]
) -> Iterator[Callable[..., Player]]:
    running: list[Player] = []

    def start(*, sound: bool = False, time_scale: float = 1.0, display: DisplaySettings | None = None) -> Player:
        person = HumanRespondent("P01", presenter=presenter, sound=sound, time_scale=time_scale, display=display)
        person.open(context())
        running.append(Player(screen, person))
        return running[-1]

    yield start
    for player in running:
        player.close()


@pytest.fixture
def sound_presenter(
    screen: VirtualScreen,
    sound_server: dict[str, str] | None,
    context: Callable[..., SessionContext],
    presenter: Presenter,
    pictures: Pictures,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Player]]:
    """A session with sound."""
    if sound_server is None:
        pytest.skip("PulseAudio does not start here")
    running: list[Player] = []

    def start(media: dict[str, Path] | None = None) -> Player:
        whole = context()
        find = whole.media_path

        def path(digest: str) -> Path:
            return (media or {}).get(digest) or find(digest)

        speech = ("Touch the red one.",)
        turns = [Turns(pictures)("pair", spoken=words) for words in speech]
        session = SessionContext(whole.session_id, path, 3, "en", turns)
        cache = tmp_path_factory.getbasetemp() / "voice"
        person = HumanRespondent("P01", presenter=presenter, voice_cache=cache)
        person.open(session)
        assert person.opened is not None
        assert person.opened.sound.device, person.opened.sound.reason
        running.append(Player(screen, person))
        return running[-1]

    yield start
    for player in running:
        player.close()
