"""The same phases on a Ray cluster, through Ray Data: recordings are rows, models live in actors, one a GPU.

Every node must see corpus and output under the same paths (a shared file system), as is usual on clusters. The driver
joins what the nodes wrote. Without an address a cluster of this machine is started and stopped again.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from devkit.corpus.engine import Outcome, Phase, attempt
from devkit.corpus.part import Plan
from devkit.errors import UserError


class RayEngine:
    """Runs phases through Ray Data; needs the extra ``cluster``.

    Args:
        address: Of the cluster's head (``host:6379`` or ``auto``); one is started here when empty.
        gpus: GPUs of each worker that asks models, where the cluster has some.
    """

    def __init__(self, address: str = "", gpus: float = 1.0) -> None:
        self.address, self.gpus = address, gpus

    def run(self, phase: Phase, plans: Sequence[Plan], advance: Callable[[int], None]) -> list[Outcome]:
        """Run a phase; see `devkit.corpus.engine.Engine`."""
        if not plans:
            return []
        with self._connected() as ray:
            resources = ray.cluster_resources()
            processors = max(1, int(resources.get("CPU", 1)))
            has_gpus = phase.judges and resources.get("GPU", 0) >= self.gpus
            workers = max(1, int(resources["GPU"] // self.gpus)) if has_gpus else processors
            rows = [{"place": place, "plan": pickle.dumps(plan)} for place, plan in enumerate(plans)]
            source = ray.data.from_items(rows, override_num_blocks=min(len(rows), 4 * workers))
            done = source.map_batches(
                _Worker,
                fn_constructor_args=(phase,),
                batch_size=1,
                batch_format=None,
                zero_copy_batch=False,
                num_cpus=0 if has_gpus else 1,
                num_gpus=self.gpus if has_gpus else None,
                concurrency=(1, min(workers, len(rows))),
            )
            outcomes: dict[int, Outcome] = {}
            for row in done.iter_rows():
                outcomes[int(row["place"])] = pickle.loads(row["outcome"])
                advance(1)
        return [outcomes[place] for place in range(len(plans))]

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """Connect to the cluster, or start one and stop it in the end; a connection that is there already stays."""
        try:
            import ray
            import ray.data
        except ImportError:
            raise UserError("Ray is not installed", hint="install devkit with the extra 'cluster'") from None
        if ray.is_initialized():
            yield ray
            return
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would report its use to its makers
        try:
            ray.init(
                address=self.address or None,
                log_to_driver=False,
                include_dashboard=False,
                logging_level=logging.ERROR,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0][:200]
            raise UserError(f"the cluster cannot be reached: {reason}", place=self.address) from None
        try:
            context = ray.data.DataContext.get_current()
            context.enable_progress_bars = False
            yield ray
        finally:
            ray.shutdown()


class _Worker:
    """Lives in an actor: begins a phase once and works on the recordings that come."""

    def __init__(self, phase: Phase) -> None:
        self.work = phase.begin()

    def __call__(self, batch: Any) -> Mapping[str, list[Any]]:
        places, plans = batch["place"].to_pylist(), batch["plan"].to_pylist()
        outcomes = [pickle.dumps(attempt(self.work, pickle.loads(plan))) for plan in plans]
        return {"place": places, "outcome": outcomes}
