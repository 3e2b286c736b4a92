"""The same bytes from a real Ray cluster of two nodes: two raylets on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devkit.corpus.build import BuildOptions, build_corpus
from devkit.corpus.cluster import RayEngine
from devkit.corpus.similarity import FilterRules, parse_filter
from devkit.errors import Problems
from tests.devkit.corpus.conftest import NAMES
from tests.devkit.corpus.test_build import files_of
from tests.devkit.corpus.tiny_models import save_clip

pytestmark = pytest.mark.slow
ray = pytest.importorskip("ray")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 100_000_000}
    nodes = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        nodes.wait_for_nodes()
        nodes.add_node(**node)
        nodes.wait_for_nodes()
        yield nodes.address
    finally:
        ray.shutdown()
        nodes.shutdown()


def test_two_nodes_write_the_bytes_of_one_machine(cluster: str, made_once: Path, tmp_path: Path) -> None:
    here = build_corpus(made_once, tmp_path / "here")
    there = build_corpus(made_once, tmp_path / "there", engine=RayEngine(cluster))
    assert files_of(there.path) == files_of(here.path)


def test_models_are_asked_on_the_nodes_and_a_bad_recording_stops_no_other(
    cluster: str, corpus: Path, tmp_path: Path
) -> None:
    filters = FilterRules(image=parse_filter(f"clip:{save_clip(tmp_path / 'clip')}", "image"), image_floor=-1)
    options = BuildOptions(filters=filters)
    here = build_corpus(corpus, tmp_path / "here", options)
    there = build_corpus(corpus, tmp_path / "there", options, engine=RayEngine(cluster))
    assert files_of(there.path) == files_of(here.path)
    video = corpus / "videos" / f"{NAMES[1]}.mp4"
    content = bytearray(video.read_bytes())
    place = content.index(b"mdat") + 4
    content[place : place + 4000] = bytes(4000)
    video.write_bytes(content)
    with pytest.raises(Problems):
        build_corpus(corpus, tmp_path / "bad", options, engine=RayEngine(cluster))
    left = build_corpus(corpus, tmp_path / "bad", options, engine=RayEngine(cluster), keep_good=True)
    assert len(left.recordings) == 4
