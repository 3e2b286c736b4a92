"""Import of the published DevCV item files (LLaVA JSON) into a bank.

Both layouts are read: flat files beside ``images/``, and one folder for each task. Every mistake of every item is
collected before anything is said; with ``keep_good`` the sound items make the bank and the mistakes are kept in it.
What a published file says beyond an item is kept in ``published.jsonl``, so that `devkit.banks.export` can write the
files as they were.
"""

from __future__ import annotations

import fnmatch
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from devkit.banks.interpret import Source, answers, build_item
from devkit.banks.published import Record, looks_like_items, read_records
from devkit.banks.store import Bank, BankWriter
from devkit.banks.validate import Folder, Limits, read_picture
from devkit.banks.wording import Kind, Split, forms_of, kind_from_name, kind_from_text, settled, split_from_name
from devkit.errors import Problem, Problems, UserError, did_you_mean
from devkit.files import load_json, no_garbage_collection, printable, threaded
from devkit.ids import canonical_json
from devkit.items import Item, Strict

Advance = Callable[[int], None]
Progress = Callable[[str, int | None], AbstractContextManager[Advance]]
_HOLE = "0" * 64  # stands for an image that has a problem, so that the rest of its item is checked too
_TASKS = (
    *("looking_while_listening", "picture_vocabulary", "localization", "left_right", "spatial_details"),
    *("visual_delayed_response", "memory", "who_has_more", "subitizing", "object_counting"),
)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How published files are read.

    Attributes:
        kinds: ``(pattern, kind)``: task and form of the files whose relative path matches; the first match counts.
        split: Split of every item; by default what the file names say.
        images: Folder that image paths start from; by default the JSON file's own, else the source's.
        keep_good: Make a bank of the sound items although others have problems.
        limits: What a picture may be.
        jobs: Threads that read pictures; two for each core by default.
    """

    kinds: tuple[tuple[str, Kind], ...] = ()
    split: Split = ""
    images: Path | None = None
    keep_good: bool = False
    limits: Limits = field(default_factory=Limits)
    jobs: int = 0


class PublishedRow(Strict):
    """What a published record said beyond its item; a line of ``published.jsonl``.

    Attributes:
        item_id: The item.
        file: Path of its file.
        folder: Folder that the image paths start from.
        id: Its id as written.
        image: Its image paths as written.
        single_image: True when ``image`` was one path and not a list.
        replies: The replies as written, where they differ from the plain key.
        extra: Keys that this library does not know.
    """

    item_id: str
    file: str
    folder: str
    id: str | int
    image: tuple[str, ...]
    single_image: bool = False
    replies: tuple[str, ...] = ()
    extra: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class _File:
    """One published file while it is imported."""

    name: str
    folder: Folder
    records: list[Record]
    kind: Kind


@contextmanager
def _silent(label: str, total: int | None) -> Iterator[Advance]:
    yield lambda steps: None


def parse_kind(text: str) -> tuple[str, Kind]:
    """Read ``PATTERN=task/form``, or ``task/form`` for every file.

    Raises:
        UserError: There is no such task or form.
    """
    pattern, _, spelled = text.rpartition("=")
    code, _, form = spelled.partition("/")
    if code not in _TASKS:
        raise UserError(f"there is no task '{code}'", hint=did_you_mean(code, _TASKS), code="unknown-task")
    if form and form not in forms_of(code):
        raise UserError(f"{code} has no form '{form}'", hint=f"its forms are {', '.join(forms_of(code))}")
    return pattern or "*", settled(Kind(code, form))


def import_devcv(
    source: Path,
    out: Path,
    *,
    name: str = "",
    options: ImportOptions | None = None,
    replace: bool = False,
    progress: Progress = _silent,
) -> Bank:
    """Import a published file, or every published file of a folder, into a new bank.

    Raises:
        Problems: What is wrong with the files and items (without ``keep_good``, or when nothing is sound).
        UserError: There is nothing to import, or the bank cannot be written.
    """
    chosen = options or ImportOptions()
    with BankWriter(out, name=name, source=source.resolve().name, replace=replace) as writer, no_garbage_collection():
        task = _Import(source, writer, chosen, progress)
        task.run()
        if task.problems and (not chosen.keep_good or not task.rows):
            raise Problems(task.problems, subject=str(source))
    return Bank.open(out)


class _Import:
    """One import: finds the files, reads the records, stores the pictures, makes the items."""

    def __init__(self, source: Path, writer: BankWriter, options: ImportOptions, progress: Progress) -> None:
        self.source = source
        self.root = source if source.is_dir() else source.parent
        self.writer = writer
        self.options = options
        self.progress = progress
        self.problems: list[Problem] = []
        self.rows: list[str] = []
        self._read: dict[Path, str | tuple[str, str, str]] = {}

    def run(self) -> None:
        """Do it, leaving the problems and the kept rows behind."""
        files = [file for path in self._paths() if (file := self._open(path)) is not None]
        if not files and not self.problems:
            raise UserError("there is no published item file here", place=str(self.source), hint="a list of records")
        shared = self._ids_in_several(files)
        total = sum(len(file.records) for file in files)
        with self.progress("importing items", total) as advance:
            for file in files:
                self._load(file, advance)
                self._build(file, shared)
        self.problems = [printable(problem) for problem in self.problems]
        for problem in self.problems:
            self.writer.add_problem(problem)
        if self.rows:
            self.writer.attach_published("".join(self.rows).encode())

    def _paths(self) -> list[Path]:
        if not self.source.exists():
            raise UserError("there is no such file or folder", place=str(self.source))
        if self.source.is_file():
            return [self.source]
        found = (path for path in self.source.rglob("*.json") if path.is_file())
        return sorted(path for path in found if not any(p.startswith(".") for p in path.relative_to(self.root).parts))

    def _open(self, path: Path) -> _File | None:
        """Read one JSON file; None when it holds no items (which is a mistake only if it was named itself)."""
        name = path.relative_to(self.root).as_posix()
        value, problem = load_json(path, name)
        if problem is None and not looks_like_items(value):
            if path == self.source:
                problem = Problem("not-items", "this is no list of published items", name)
            else:
                return None
        if problem is not None:
            self.problems.append(problem)
            return None
        records = []
        for record in read_records(value, name):
            if isinstance(record, Record):
                records.append(record)
            else:
                self.problems += record
        return _File(name, self._folder(path, records), records, self._kind(name))

    def _kind(self, name: str) -> Kind:
        for pattern, kind in self.options.kinds:
            if fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(PurePosixPath(name).name, pattern):
                return kind
        return kind_from_name(PurePosixPath(self.root.resolve().name) / name)

    def _folder(self, path: Path, records: list[Record]) -> Folder:
        """Choose where image paths start: beside the file, or at the source, wherever the first images are."""
        if self.options.images is not None:
            return Folder(self.options.images)
        candidates = [path.parent, self.root, *(self.root.parent,) * (self.source.is_file())]
        first = [image for record in records[:20] for image in record.images[:1]]
        for candidate in candidates:
            folder = Folder(candidate)
            if any(isinstance(folder.locate(image), Path) for image in first):
                return folder
        return Folder(path.parent)

    def _ids_in_several(self, files: Iterable[_File]) -> set[str]:
        """Return the ids that occur in more than one file; they get their file's name as a prefix in the bank."""
        seen = Counter(item_id for file in files for item_id in {record.item_id for record in file.records})
        return {item_id for item_id, count in seen.items() if count > 1}

    def _load(self, file: _File, advance: Advance) -> None:
        """Read, check and store every picture that a file's records name, several at a time."""

        def load(record: Record) -> None:
            for written in record.images:
                found = file.folder.locate(written)
                if isinstance(found, Path) and found not in self._read:
                    self._read[found] = self._store(found)

        for _ in threaded(load, file.records, self.options.jobs):
            advance(1)

    def _store(self, path: Path) -> str | tuple[str, str, str]:
        answer = read_picture(path, self.options.limits)
        return answer if len(answer) == 3 else self.writer.add_bytes(*answer)

    def _build(self, file: _File, shared: set[str]) -> None:
        seen: set[str] = set()
        source = Source(file.name, self.options.split or split_from_name(PurePosixPath(file.name)))
        for record in file.records:
            found: list[Problem] = []
            if record.item_id in seen:
                found.append(Problem("duplicate-id", f"the id '{record.item_id}' is taken", record.place))
            seen.add(record.item_id)
            media = [self._digest(file.folder, written, record, found) for written in record.images]
            kind = self._settle(file.kind, record, found)
            prefix = f"{PurePosixPath(file.name).with_suffix('')}/" if record.item_id in shared else ""
            item = build_item(record, prefix + record.item_id, kind, media, source) if kind else []
            if isinstance(item, Item) and not found:
                self.writer.add_item(item)
                self.rows.append(_row(item, record, file, self.root))
            else:
                self.problems += found + (item if isinstance(item, list) else [])

    def _digest(self, folder: Folder, written: str, record: Record, found: list[Problem]) -> str:
        place = folder.locate(written)
        answer = self._read[place] if isinstance(place, Path) else (*place, "")
        if isinstance(answer, str):
            return answer
        found.append(Problem(answer[0], answer[1], record.place, answer[2]))
        return _HOLE

    def _settle(self, named: Kind, record: Record, found: list[Problem]) -> Kind | None:
        """Bring together what the file's name and the item's words say of its task and form."""
        said = kind_from_text(record.turns[0][0])
        if not named.task:
            named = said
        if said.task not in ("", named.task) and {said.task, named.task} != {"subitizing", "object_counting"}:
            message = f"the file is for {named.task} but the words are those of {said.task}"
            found.append(Problem("task-mismatch", message, record.place, "name the task with --as"))
            return None
        form = (said.form if named.task == "visual_delayed_response" else named.form) or said.form
        if not named.task or not form:
            what = f"which form of {named.task}" if named.task else "which task"
            hint = f"--as '{record.place.partition(':')[0]}=TASK/FORM'"
            found.append(Problem("unknown-task", f"cannot tell {what} this is", record.place, hint))
            return None
        return Kind(named.task, form)


def _row(item: Item, record: Record, file: _File, root: Path) -> str:
    plain = tuple(answers(turn)[turn.target] for turn in item.turns)
    written = tuple(reply for _, reply in record.turns)
    folder = os.path.relpath(file.folder.root, root).replace(os.sep, "/")
    row: Mapping[str, object] = {
        "item_id": item.item_id,
        "file": file.name,
        "folder": "." if folder.startswith("..") else folder,
        "id": record.raw_id,
        "image": record.images,
        **({"single_image": True} if record.single_image else {}),
        **({"replies": written} if written != plain else {}),
        **({"extra": record.extra} if record.extra else {}),
    }
    return canonical_json(row) + "\n"
