"""Before any work starts: can the cluster do what a spec needs, and will its results be found again?"""

import math
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
import yaml
from ray.autoscaler.sdk import request_resources
from ray.autoscaler.v2.utils import is_autoscaler_v2
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from distgroup.distributed.room import per_worker, worded
from distgroup.distributed.trial_training import on_workers
from distgroup.errors import RequestError
from distgroup.resources import ONE_CPU, Resources
from distgroup.spec import Spec

STARTING_S = 900
"""Seconds that an autoscaler has to start the nodes that are needed."""

JOINING_S = 60
"""Seconds that the nodes of a cluster without one have to join it."""

PROBE_S = 120

LAUNCHED_WITH = Path.home() / "ray_bootstrap_config.yaml"
"""Where `ray up` leaves its launch file, every default written out, on the head that it starts."""


@dataclass(frozen=True)
class Needs:
    """What one worker takes, and how many of them must run at the same time."""

    each: Resources = ONE_CPU
    workers: int = 1

    def __str__(self) -> str:
        one = f"{_text(self.each.bundle)} on one node"
        return one if self.workers == 1 else f"{self.workers} workers at the same time, each {one}"


def needs_of(spec: Spec) -> set[Needs]:
    """What a run of ``spec`` asks for: a task or trial at a time; all workers of data-parallel training together."""
    training = spec.training
    found = {Needs(spec.resources)}
    if spec.train.best or on_workers(training, spec.search):
        found.add(Needs(per_worker(training, training.parallel.use_gpu is True), training.workers))
    return found


def check(needs: Iterable[Needs], root: Path | str, joined: bool, say: Callable[[str], None]) -> None:
    """Wait for the nodes that are needed, with a message to ``say``; then see that all can write below ``root``.

    Raises RequestError, with figures, where the cluster cannot do it. One that was not ``joined`` is this machine.
    """
    for each in needs:
        fits(each, joined, say)
    shared_storage(root)


def fits(needs: Needs, joined: bool, say: Callable[[str], None], limit_s: float | None = None) -> None:
    """Wait until there is room for ``needs``; raises RequestError at once where none can be hoped for."""
    if _room(needs) >= needs.workers:
        return
    most = _most(needs)
    if not joined or most < needs.workers:
        raise RequestError(_refusal(needs, most))
    if limit_s is None:
        limit_s = STARTING_S if is_autoscaler_v2() else JOINING_S
    say(f"waiting up to {limit_s:.0f} s for nodes: {needs} needed; the cluster has {_nodes_text(needs)}")
    request_resources(bundles=[needs.each.bundle] * needs.workers)  # a hint, and without an autoscaler not even that
    end = time.monotonic() + limit_s
    try:
        while _room(needs) < needs.workers:
            if time.monotonic() > end:
                raise RequestError(f"{_refusal(needs, most)} (waited {limit_s:.0f} s for more nodes)")
            time.sleep(1)
    finally:
        request_resources(bundles=[])  # from here on the work itself keeps the nodes


def shared_storage(root: Path | str) -> None:
    """Raises RequestError if ``root`` is a folder that not every node of the cluster sees. A URI is."""
    nodes = _alive()
    if "://" in str(root) or len(nodes) < 2:
        return
    probe = Path(root) / f".probe-{uuid.uuid4().hex}"
    probe.parent.mkdir(parents=True, exist_ok=True)
    probe.touch()
    try:
        seen = [(node["NodeManagerAddress"], _seen_from(node["NodeID"], probe)) for node in nodes]
        blind = [address for address, answer in seen if not _answered(answer)]
    finally:
        probe.unlink()
    if blind:
        raise RequestError(
            f"output: {root} is not the same folder on all {len(nodes)} nodes, {', '.join(blind)} cannot see what is "
            "written there: set `output` (or --output) to an object store, such as s3://bucket/folder, or to a folder "
            "that every node mounts"
        )


@ray.remote(num_cpus=0)
def _sees(probe: str) -> bool:
    return Path(probe).exists()


def _seen_from(node: str, probe: Path) -> Any:
    there = NodeAffinitySchedulingStrategy(node, soft=False)
    return _sees.options(scheduling_strategy=there).remote(str(probe))


def _answered(answer: Any) -> bool:
    """A node that is lost meanwhile, or too busy to say, is not to stop a run."""
    try:
        return bool(ray.get(answer, timeout=PROBE_S))
    except RayError:
        return True


def _alive() -> list[dict[str, Any]]:
    return [node for node in ray.nodes() if node["Alive"]]


def _room(needs: Needs) -> int:
    """Workers that fit the nodes as they are, were these idle."""
    return sum(_fit(needs, node["Resources"]) for node in _alive())


def _most(needs: Needs) -> float:
    """Workers that fit all nodes that the launcher of this cluster may start; infinite where it left no word here."""
    if not LAUNCHED_WITH.exists():
        return math.inf
    config = yaml.safe_load(LAUNCHED_WITH.read_text(encoding="utf-8"))
    kinds = config["available_node_types"]
    if not all(kind.get("resources") for kind in kinds.values()):
        return math.inf
    counts = {name: 1 if name == config["head_node_type"] else kind["max_workers"] for name, kind in kinds.items()}
    return sum(counts[name] * _fit(needs, kind["resources"]) for name, kind in kinds.items())


def _fit(needs: Needs, resources: Mapping[str, float]) -> int:
    return int(min(resources.get(name, 0) // amount for name, amount in needs.each.bundle.items()))


def _refusal(needs: Needs, most: float) -> str:
    at_most = "" if most == math.inf else f", and for {most:.0f} on all nodes that its launch file allows"
    return (
        f"the cluster cannot run this: {needs} needed; it has {_nodes_text(needs)}, room for {_room(needs)}{at_most}. "
        "Lower training.workers or what each takes (`resources`, `training.parallel`), or give the cluster more or "
        "bigger nodes"
    )


def _nodes_text(needs: Needs) -> str:
    shown = dict.fromkeys(("CPU", "GPU", *needs.each.bundle))
    nodes = [_text({name: node["Resources"].get(name, 0) for name in shown}) for node in _alive()]
    kinds = {text: nodes.count(text) for text in nodes}
    return ", ".join(f"{count} nodes of {text}" if count > 1 else f"1 node of {text}" for text, count in kinds.items())


def _text(bundle: Mapping[str, float]) -> str:
    return " and ".join(worded(name, amount) for name, amount in bundle.items() if amount) or "0 CPUs"
