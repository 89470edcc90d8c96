"""What Ray takes: a worker's start, a task, its submission and its collection. Two CPUs, nothing trained."""

import time
from statistics import median
from typing import Any

import ray
from local_ray import local_ray
from problems import Enumeration

from distgroup.results.store import Store
from distgroup.training.separate import plan

WARM_TASKS, STARTS = 200, 2
PENDING = (10, 100, 500, 1000, 2000)
CALLS = 10


@ray.remote
def _nothing(*_: Any) -> None:
    pass


@ray.remote(max_calls=1)
def _start() -> float:
    """Processor seconds since this worker's process began, with all that a chunk imports."""
    import distgroup.distributed.ground_truth  # noqa: F401

    return time.process_time()


@ray.remote
class _Actor:
    def started(self) -> float:
        import distgroup.distributed.trainable  # noqa: F401

        return time.process_time()


@ray.remote
def _long() -> None:
    time.sleep(3600)


def costs(enumeration: Enumeration) -> dict[str, Any]:
    with local_ray(2):
        ray.get([_nothing.remote() for _ in range(4)])
        found: dict[str, Any] = {"task": median(_round_trip() for _ in range(WARM_TASKS))}
        never = _long.remote()
        found["submit"] = _submit(enumeration, never)
        found["collect"] = _collect(never)
        found["start"] = median(ray.get(_start.remote()) for _ in range(STARTS))
        found["actor"] = median(_actor() for _ in range(STARTS))
        return found


def _actor() -> float:
    actor = _Actor.remote()
    seconds = ray.get(actor.started.remote())
    ray.kill(actor)
    return float(seconds)


def _round_trip() -> float:
    begin = time.perf_counter()
    ray.get(_nothing.remote())
    return time.perf_counter() - begin


def _submit(enumeration: Enumeration, never: Any) -> float:
    """The driver's processor seconds a chunk: plan, key, submission. The tasks wait for one that never ends."""
    problem, store = enumeration.problem, Store("unused")
    shared = ray.put(problem)
    begin = time.process_time()
    keyed = [(chunk.key(problem), chunk) for chunk in plan(problem, enumeration.seeds)]
    tasks = [_nothing.remote(shared, chunk, never, store) for _, chunk in keyed]
    return (time.process_time() - begin) / len(tasks)


def _collect(never: Any) -> list[tuple[int, float]]:
    """The driver's processor seconds for collecting one task that is done, among so many that are not."""
    waiting: list[Any] = []
    found = []
    for pending in PENDING:
        waiting += [_nothing.remote(never) for _ in range(pending - len(waiting))]
        found.append((pending, median(_one(waiting) for _ in range(CALLS))))
    return found


def _one(waiting: list[Any]) -> float:
    task = _nothing.remote()
    ray.wait([task])
    begin = time.process_time()
    done, _ = ray.wait([*waiting, task], num_returns=1)
    ray.get(done)
    return time.process_time() - begin
