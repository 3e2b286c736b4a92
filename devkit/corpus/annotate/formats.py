"""Reading the files of annotation tools: COCO, CVAT (images and video), Label Studio (images and video) and CSV.

Pictures are known by their names (see `devkit.corpus.annotate.collect.Collector.place_of`), boxes in videos by frame
number. Nothing here opens a picture or an archive. Damage in a box rejects that box; damage of the whole is a problem.
"""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from devkit.corpus.annotate.collect import Collector, Drawn
from devkit.corpus.transcripts.base import dicts, number
from devkit.errors import Problem

LARGEST = 512_000_000
STEP_MS = 500
_INSTANCE = ("instance", "instance_id", "object_id")


def read_annotation_file(path: Path, into: Collector) -> list[Problem]:
    """Read a file of any of the formats; return what is wrong with the whole of it."""
    name = path.name
    try:
        if path.stat().st_size > LARGEST:
            return [Problem("malformed-annotations", f"is larger than {LARGEST // 1_000_000} MB", name)]
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return [Problem("missing-annotations", f"cannot be read: {error.strerror}", name)]
    except UnicodeDecodeError as error:
        hint = "unpack an archive first" if path.suffix.lower() == ".zip" else ""
        return [Problem("malformed-annotations", f"byte {error.start} is no UTF-8", name, hint)]
    if path.suffix.lower() in (".csv", ".tsv"):
        return read_csv(text, name, into)
    if path.suffix.lower() == ".xml":
        return read_cvat(text, name, into)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return [Problem("malformed-annotations", f"is no JSON: {error}"[:200], name, "is the file complete?")]
    if isinstance(value, dict) and "annotations" in value and "images" in value:
        return read_coco(value, into)
    if isinstance(value, list) and all(isinstance(task, dict) and "data" in task for task in value):
        return read_label_studio(value, into)
    return [Problem("malformed-annotations", "is neither COCO nor Label Studio", name)]


def read_coco(value: Mapping[str, Any], into: Collector) -> list[Problem]:
    """Read COCO; tracks and instances are looked for among the attributes of an annotation."""
    images = {row.get("id"): row for row in dicts(value.get("images")) if _keyed(row)}
    labels = {row.get("id"): str(row.get("name", "")) for row in dicts(value.get("categories")) if _keyed(row)}
    for place, row in enumerate(dicts(value.get("annotations"))):
        where = f"annotation {row.get('id', place) if isinstance(row, dict) else place}"
        edges = _numbers(row.get("bbox")) if isinstance(row, dict) else None
        if edges is None:
            into.reject(where, "malformed", "has no bbox of four numbers")
            continue
        image = images.get(_hashable(row.get("image_id")))
        if image is None:
            into.reject(where, "unknown-picture", "its image_id is none of the images")
            continue
        extra = row.get("attributes") if isinstance(row.get("attributes"), dict) else {}
        drawn = Drawn(
            place=where,
            label=labels.get(_hashable(row.get("category_id")), ""),
            edges=edges,
            size=_size(image.get("width"), image.get("height")),
            instance=_text(row, extra, _INSTANCE),
            track=_text(row, extra, ("track_id", "track")),
            visible=_or_one(extra.get("visible")),
        )
        into.take_picture(str(image.get("file_name", "")), drawn)
    return []


def read_label_studio(tasks: list[dict[str, Any]], into: Collector) -> list[Problem]:
    """Read the JSON export of Label Studio; the first annotation of a task that was not cancelled counts."""
    for number_, task in enumerate(tasks):
        data = task["data"] if isinstance(task["data"], dict) else {}
        source = next((str(data[key]) for key in ("image", "video") if key in data), "")
        done = [a for a in dicts(task.get("annotations")) if isinstance(a, dict) and not a.get("was_cancelled")]
        for place, row in enumerate(dicts(done[0].get("result")) if done else []):
            where = f"task {task.get('id', number_)} result {place}"
            value = row.get("value") if isinstance(row, dict) else None
            if not isinstance(value, dict):
                into.reject(where, "malformed", "has no value")
            elif row.get("type") == "rectanglelabels":
                _studio_box(row, value, source, where, into)
            elif row.get("type") == "videorectangle":
                _studio_track(row, value, source, where, into)
            else:
                into.reject(where, "no-box", str(row.get("type"))[:60])
    return []


def _studio_box(row: dict[str, Any], value: dict[str, Any], source: str, where: str, into: Collector) -> None:
    """Take a box in percent of the picture."""
    edges = _numbers([value.get(key) for key in ("x", "y", "width", "height")])
    labels = dicts(value.get("rectanglelabels"))
    if edges is None or not labels:
        return into.reject(where, "malformed", "has no box or no label")
    told = row.get("meta")
    meta = told if isinstance(told, dict) else {}
    return into.take_picture(
        source, Drawn(where, str(labels[0]), edges, (100, 100), instance=_text(meta, {}, (*_INSTANCE, "text")))
    )


def _studio_track(row: dict[str, Any], value: dict[str, Any], source: str, where: str, into: Collector) -> None:
    """Take a track in a video: key boxes with their times, moved evenly between them, one every `STEP_MS`."""
    recording, labels = into.recording_of(source), dicts(value.get("labels"))
    keys: list[tuple[float, bool, tuple[float, float, float, float]]] = []
    for key in dicts(value.get("sequence")):
        edges = _numbers([key.get(k) for k in ("x", "y", "width", "height")]) if isinstance(key, dict) else None
        time_s = number(key.get("time")) if isinstance(key, dict) else None
        if edges is None or time_s is None:
            into.reject(where, "malformed", "a key box lacks its time or its edges")
        else:
            keys.append((time_s * 1000, bool(key.get("enabled", True)), edges))
    if recording is None or not labels or not keys:
        return into.reject(where, "unknown-picture" if recording is None else "malformed", source[:120])
    for time_ms, edges in _moved(sorted(keys), recording.duration_ms):
        track = str(row.get("id", where))
        into.take(recording.name, time_ms, Drawn(where, str(labels[0]), edges, (100, 100), track=track))
    return None


def _moved(
    keys: list[tuple[float, bool, tuple[float, float, float, float]]], duration_ms: int
) -> Iterator[tuple[int, tuple[float, float, float, float]]]:
    """Yield the boxes of a track at whole steps; after a key box that is not enabled there is none until the next."""
    for (start, enabled, a), (end, _, b) in zip(keys, [*keys[1:], (keys[-1][0] + 1, True, keys[-1][2])], strict=True):
        first = -(-round(start) // STEP_MS) * STEP_MS
        for time_ms in range(first, min(round(end) if end > start else first + 1, duration_ms), STEP_MS):
            share = (time_ms - start) / (end - start) if end > start else 0.0
            if enabled:
                x, y, w, h = (p + share * (q - p) for p, q in zip(a, b, strict=True))
                yield time_ms, (x, y, w, h)


def read_cvat(text: str, name: str, into: Collector) -> list[Problem]:
    """Read CVAT's XML for images or for video; frames of a video become times by the recording's frame rate."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # anywhere, for a long comment may come before it
        return [Problem("malformed-annotations", "has a DOCTYPE, which CVAT never writes", name)]
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        line, column = error.position
        message = f"is no whole XML: {error.msg.partition(':')[0]}"
        return [Problem("malformed-annotations", message, f"{name}:{line}:{column + 1}", "is it complete?")]
    if root.tag != "annotations":
        return [Problem("malformed-annotations", "is no CVAT file", name)]
    for image in root.iter("image"):
        size = _size(image.get("width"), image.get("height"))
        for place, box in enumerate(image.iter("box")):
            drawn = _cvat_box(box, box.get("label") or "", f"{image.get('name')} box {place}", size, into)
            if drawn:
                into.take_picture(image.get("name") or "", drawn)
    sources = [root.findtext(path) or "" for path in ("meta/source", "meta/task/source", "meta/task/name")]
    recording = next((found for source in sources if (found := into.recording_of(source))), None)
    wide, high = (root.findtext(f"meta/task/original_size/{side}") for side in ("width", "height"))
    for track in root.iter("track"):
        for box in track.iter("box"):
            where = f"track {track.get('id')} frame {box.get('frame')}"
            drawn = _cvat_box(box, track.get("label") or "", where, _size(wide, high), into, track.get("id") or "")
            frame = number(box.get("frame"))
            if drawn is None or box.get("outside") == "1":
                continue
            if recording is None or frame is None:
                into.reject(where, "unknown-picture", "the file names no recording of the corpus")
            elif not frame_step(int(frame), recording.fps):
                into.found.thinned += 1
            else:
                into.take(recording.name, round(frame * 1000 / recording.fps / STEP_MS) * STEP_MS, drawn)
    return []


def frame_step(frame: int, fps: float) -> bool:
    """Tell whether a frame is the nearest one to a whole `STEP_MS`: one in so many is taken."""
    step = fps * STEP_MS / 1000
    return step <= 1 or abs(frame - round(round(frame / step) * step)) < 0.5


def _cvat_box(
    box: ET.Element, label: str, where: str, size: tuple[float, float] | None, into: Collector, track: str = ""
) -> Drawn | None:
    corners = _numbers([box.get(key) for key in ("xtl", "ytl", "xbr", "ybr")])
    if corners is None:
        into.reject(where, "malformed", "its corners are no numbers")
        return None
    left, top, right, bottom = corners
    named = {one.get("name"): (one.text or "").strip() for one in box.iter("attribute")}
    instance = next((named[key] for key in _INSTANCE if named.get(key)), "")
    return Drawn(where, label, (left, top, right - left, bottom - top), size, instance, track and f"track-{track}")


def read_csv(text: str, name: str, into: Collector) -> list[Problem]:
    """Read a table: recording and time_ms, or image; noun, x, y, w, h; if you like instance, track, visible."""
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if name.endswith(".tsv") else ",")
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        return [Problem("malformed-annotations", f"is no readable table: {error}", name)]
    header = set(reader.fieldnames or ())
    lacking = sorted({"noun", "x", "y", "w", "h"} - header)
    if lacking or not ("image" in header or {"recording", "time_ms"} <= header):
        wanted = ", ".join(lacking) if lacking else "recording and time_ms, or image"
        return [Problem("malformed-annotations", f"lacks the columns {wanted}", f"{name}:1")]
    for line, row in rows:
        where, edges = f"{name}:{line}", _numbers([row.get(key) for key in ("x", "y", "w", "h")])
        if edges is None or not isinstance(row.get("noun"), str):
            into.reject(where, "malformed", "x, y, w and h are no numbers")
            continue
        drawn = Drawn(where, row["noun"], edges, None, row.get("instance") or "", row.get("track") or "",
                      _or_one(row.get("visible")))  # fmt: skip
        time_ms = number(row.get("time_ms"))
        if time_ms is not None and row.get("recording"):
            into.take(row["recording"], round(time_ms), drawn)
        else:
            into.take_picture(row.get("image") or "", drawn)
    return []


def _keyed(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), int | str)


def _hashable(value: object) -> int | str:
    return value if isinstance(value, int | str) else ""


def _numbers(values: object) -> tuple[float, float, float, float] | None:
    found = [number(value) for value in values] if isinstance(values, list) else []
    known = [value for value in found if value is not None]
    return (known[0], known[1], known[2], known[3]) if len(known) == len(found) == 4 else None


def _size(width: object, height: object) -> tuple[float, float] | None:
    wide, high = number(width), number(height)
    return (wide, high) if wide is not None and high is not None else None


def _or_one(value: object) -> float:
    found = number(value)
    return 1.0 if found is None else found


def _text(row: Mapping[str, Any], extra: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """Return the first text or number that one of the keys has, in the row or among its attributes."""
    for source in (extra, row):
        for key in keys:
            if isinstance(source.get(key), str | int) and not isinstance(source.get(key), bool):
                return str(source[key])
    return ""
