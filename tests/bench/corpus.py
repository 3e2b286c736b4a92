"""How fast a corpus becomes training data, against plain ffmpeg doing the least of it on the same files.

    python tests/bench/corpus.py [--minutes 10] [--height 480] [--fps 30] [--memory | --ray | --plan 100000]

ffmpeg decodes every file and writes one JPEG a second; that is the floor under any pipeline that looks at video. The
build does that and all the rest: transcripts, segments, shards with digests, records, tables. Both run on the same
files, one after the other, on one processor (``taskset``) and then on two. Words cover all of the time, so that nothing
can be skipped. ``--memory`` measures the peak memory of builds of 10 minutes, of 10 hours in files of 10 minutes, and
of one file of 10 hours (few and small pictures, so that it takes minutes). ``--ray`` compares a build by two processes
with one on a Ray cluster of two nodes of one processor each, two raylets on this machine, and their bytes. ``--plan``
measures processor time, bytes and the time of a CLIP of the usual size (ViT-B/32, random weights) on three minutes, and
multiplies.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from devkit.annotations import CorpusCard, Recording
from devkit.corpus.inspect import inspect_film
from devkit.corpus.scan import write_list
from devkit.toybox import make

BUILD = """
import sys
from pathlib import Path
from devkit.corpus.build import BuildOptions, build_corpus
from devkit.corpus.cluster import RayEngine
from devkit.corpus.formats import FormatRules
if __name__ == "__main__":
    options = BuildOptions(formats=FormatRules(video_every_ms=1000, video_max_frames=100))
    engine = RayEngine(sys.argv[4]) if len(sys.argv) > 4 else None
    build_corpus(Path(sys.argv[1]), Path(sys.argv[2]), options, jobs=int(sys.argv[3]), engine=engine)
    told = Path("/proc/self/status").read_text()  # what wait4 tells counts the process that this one came from
    Path(sys.argv[2] + ".peak").write_text(told.partition("VmHWM:")[2].split()[0])
"""


def ffmpeg(*arguments: object) -> None:
    """Run ffmpeg."""
    subprocess.run(["ffmpeg", "-y", "-v", "error", *map(str, arguments)], check=True)


def seed_film(folder: Path, height: int, fps: int) -> Path:
    """Draw a minute of the toybox and encode it as a camera would: H.264, B-frames, a key frame every two seconds."""
    make(folder / "toybox", hours=1 / 60, seed=3, fps=10, size=(height * 4 // 3, height), recording_minutes=1)
    drawn = next((folder / "toybox" / "videos").glob("*.mp4"))
    film = folder / "minute.mp4"
    coding = ("-c:v", "libx264", "-preset", "medium", "-crf", "23", "-g", 2 * fps, "-pix_fmt", "yuv420p", "-r", fps)
    ffmpeg("-i", drawn, "-vf", "noise=alls=4:allf=t", *coding, film)
    return film


def corpus(folder: Path, film: Path, minutes: int, files: int) -> Path:
    """Write a corpus of copies of a minute put end to end, with words all the time."""
    folder.mkdir()
    first = folder / "r000.mp4"
    ffmpeg("-stream_loop", minutes - 1, "-i", film, "-c", "copy", first)
    facts = inspect_film(first)
    said = [
        {"start_ms": t, "end_ms": min(t + 5000, facts.duration_ms), "text": "look at the ball over there"}
        for t in range(0, facts.duration_ms, 5000)
    ]
    recordings = []
    for number in range(files):
        name = f"r{number:03d}"
        if number:
            os.link(first, folder / f"{name}.mp4")
        (folder / f"{name}.json").write_text(json.dumps(said))
        recordings.append(
            Recording(
                **{"name": name, "child": "A", "date": "2020-01-01", "age_months": 12, "age_days": 0},
                **{"video": f"{name}.mp4", "transcript": f"{name}.json", "duration_ms": facts.duration_ms},
                **{"fps": facts.fps, "width": facts.width, "height": facts.height},
            )
        )
    write_list(folder, CorpusCard(name="bench"), recordings)
    return folder


class Cost(NamedTuple):
    """What a command took: seconds, processor seconds, and of a build the peak memory of its first process in MB."""

    seconds: float
    processor: float
    memory: float = 0.0


def timed(command: list[str], processors: str) -> Cost:
    """Run a command on some processors."""
    begin = time.perf_counter()
    used = ["taskset", "-c", processors, "/usr/bin/env", *command]
    process = subprocess.Popen(used)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[:3]} failed")
    return Cost(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime)


def plain(source: Path, out: Path) -> Cost:
    """Decode every file and write one JPEG a second, file after file, with one thread."""
    out.mkdir()
    command = 'for f in "$1"/*.mp4; do mkdir "$2/$(basename "$f")"; '
    command += (
        'ffmpeg -nostdin -v error -threads 1 -i "$f" -vf fps=1 -q:v 2 "$2/$(basename "$f")/%d.jpg" || exit 1; done'
    )
    return timed(["bash", "-c", command, "bash", str(source), str(out)], "0")


def build(source: Path, out: Path, processors: str, *address: str) -> Cost:
    """Build the corpus in a new process; on a Ray cluster, where an address is given."""
    jobs = str(len(processors.split(",")))
    cost = timed([sys.executable, "-c", BUILD, str(source), str(out), jobs, *address], processors)
    return cost._replace(memory=int(out.with_name(f"{out.name}.peak").read_text()) / 1024)


def throughput(folder: Path, options: argparse.Namespace) -> None:
    """Print how long each takes and the ratios."""
    film = seed_film(folder, options.height, options.fps)
    source = corpus(folder / "corpus", film, options.minutes // options.files, options.files)
    print(f"{options.minutes} min, {options.fps} pictures a second, {options.height} lines, {options.files} files")  # noqa: T201
    rows: dict[str, Cost] = {}
    for turn in range(options.repeat):
        for name, run in (
            ("ffmpeg, 1 fps", lambda out: plain(source, out)),
            ("build, one processor", lambda out: build(source, out, "0")),
            ("build, two processors", lambda out: build(source, out, "0,1")),
        ):
            out = folder / f"out-{turn}-{len(name)}"
            cost = run(out)
            rows[name] = min(cost, rows.get(name, cost))
            shutil.rmtree(out)
    floor, one, two = rows.values()
    for name, cost in rows.items():
        speed, work = floor.seconds / cost.seconds, floor.processor / cost.processor
        print(f"{name:24} {cost.seconds:7.1f} s  {options.minutes * 60 / cost.seconds:5.0f} × real time  "  # noqa: T201
              f"{speed:5.2f} of ffmpeg; {cost.processor:6.1f} s of processor, {work:5.2f} of ffmpeg")  # fmt: skip
    print(f"two processors against one: {one.seconds / two.seconds:.2f}")  # noqa: T201


def memory(folder: Path) -> None:
    """Print the peak memory of builds of different length."""
    film = seed_film(folder, 120, 2)
    for name, minutes, files in (("10 min", 10, 1), ("10 h in 60 files", 10, 60), ("10 h in one file", 600, 1)):
        source = corpus(folder / f"c{minutes}x{files}", film, minutes, files)
        cost = build(source, folder / "out", "0")
        print(f"{name:20} {cost.seconds:7.1f} s  peak {cost.memory:6.0f} MB")  # noqa: T201
        shutil.rmtree(folder / "out")


def cluster(folder: Path, options: argparse.Namespace) -> None:
    """Print what Ray adds to a build; its cluster is there before the clock starts, as on a site that has one."""
    from ray.cluster_utils import Cluster

    film = seed_film(folder, options.height, options.fps)
    source = corpus(folder / "corpus", film, options.minutes // options.files, options.files)
    here = build(source, folder / "here", "0,1").seconds
    node = {"num_cpus": 1, "object_store_memory": 100_000_000}
    nodes = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        nodes.add_node(**node)
        nodes.wait_for_nodes()
        there = build(source, folder / "there", "0,1", nodes.address).seconds
    finally:
        nodes.shutdown()
    names = sorted(path.relative_to(folder / "here") for path in (folder / "here").rglob("*") if path.is_file())
    same = all((folder / "here" / name).read_bytes() == (folder / "there" / name).read_bytes() for name in names)
    print(f"{options.minutes} min in {options.files} files, two processors")  # noqa: T201
    print(f"two processes    {here:7.1f} s")  # noqa: T201
    print(f"Ray, two nodes   {there:7.1f} s, {there - here:+.1f} s, {there / here:.2f} × as long")  # noqa: T201
    print(f"{len(names)} files, {'the same bytes' if same else 'OTHER BYTES'}")  # noqa: T201


SPOKEN = 138 / 478
"""Share of SAYCam's hours that became clips in the published data: what a plan may expect."""


def plan(folder: Path, options: argparse.Namespace) -> None:
    """Print what so many hours would take, from rates measured here."""
    film = seed_film(folder, options.height, options.fps)
    source = corpus(folder / "corpus", film, 1, 3)
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "import devkit.corpus.build"], check=True)
    idle = resource.getrusage(resource.RUSAGE_CHILDREN)
    build(source, folder / "out", "0")
    done = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = idle.ru_utime + idle.ru_stime - begin.ru_utime - begin.ru_stime
    rate = (done.ru_utime + done.ru_stime - idle.ru_utime - idle.ru_stime - start) / 180
    sizes = pq.read_table(folder / "out" / "frames.parquet", columns=["size"])["size"].to_pylist()
    tables = sum(file.stat().st_size for file in (folder / "out").glob("*.parquet"))
    images = options.plan * 3600 * SPOKEN
    rows = (
        ("video read", options.plan * film.stat().st_size * 60 / 1e12, "TB, at the rate of this film"),
        ("decoding and storing", options.plan * rate, f"core-hours ({1 / rate:.0f} × real time on one core)"),
        ("pictures", 2 * images / 1e6, "millions, two for each second of speech"),
        ("shards", 2 * images * sum(sizes) / len(sizes) / 1e12, "TB"),
        ("tables", 2 * images * tables / len(sizes) / 1e9, "GB at most"),
        (
            "CLIP ViT-B/32 without a GPU",
            images * _clip_seconds() / 3600,
            "core-hours, one image for each second of speech",
        ),
    )
    title = f"{options.plan} hours, {options.height} lines, {options.fps} pictures a second, {SPOKEN:.0%} spoken"
    print(title)  # noqa: T201
    for name, number, unit in rows:
        print(f"{name:28} {number:12,.1f} {unit}")  # noqa: T201


def _clip_seconds() -> float:
    """Return the processor time that one image takes."""
    import torch
    from transformers import CLIPVisionConfig, CLIPVisionModel

    torch.set_num_threads(1)
    shape = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
    model = CLIPVisionModel(CLIPVisionConfig(**shape, patch_size=32, image_size=224)).eval()
    with torch.inference_mode():
        model(torch.zeros(2, 3, 224, 224))
        begin = time.process_time()
        model(torch.zeros(32, 3, 224, 224))
    return (time.process_time() - begin) / 32


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--files", type=int, default=5)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--ray", action="store_true")
    parser.add_argument("--plan", type=int, default=0, metavar="HOURS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if options.memory:
            memory(Path(name))
        elif options.ray:
            cluster(Path(name), options)
        elif options.plan:
            plan(Path(name), options)
        else:
            throughput(Path(name), options)


if __name__ == "__main__":
    main()
