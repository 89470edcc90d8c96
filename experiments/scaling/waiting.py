"""Ray's and Tune's scheduling on more CPUs than there are: tasks and trials that only wait.

python experiments/scaling/waiting.py
"""

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ray
import searching
from enumeration import Overheads, Work, simulated
from local_ray import local_ray
from measure import MEASURED
from model import overheads
from ray import tune
from ray.tune.search import Searcher
from searching import Simulation

CPUS, TRIALS, SECONDS = 8, 16, 30.0
CHUNKS, SEEDS, CHUNK = 8, 3, 4.0
"""Chunks of a seed beside its singletons; seconds of each, and of the singletons."""

WAITED = Path(__file__).parent / "waited.json"

Spans = list[tuple[float, float]]


class Waits(tune.Trainable):
    def setup(self, config: dict[str, Any]) -> None:
        """Nothing to set up."""

    def reset_config(self, new_config: dict[str, Any]) -> bool:  # noqa: ARG002
        return True

    def step(self) -> dict[str, Any]:
        begin = time.time()
        time.sleep(SECONDS)
        return {"begin": begin, "end": time.time(), "done": True}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """There is nothing to go on from."""


class Hands(Searcher):
    """So many trials, so many at a time, as `distgroup.distributed.proposer` does."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.running = TRIALS, 0

    def suggest(self, trial_id: str) -> Any:  # noqa: ARG002
        if self.running == CPUS:
            return None
        if not self.left:
            return None if self.running else Searcher.FINISHED
        self.left, self.running = self.left - 1, self.running + 1
        return {"left": self.left}

    def on_trial_complete(self, trial_id: str, result: Any = None, error: bool = False) -> None:  # noqa: ARG002
        self.running -= 1


def trials(pending: str) -> Spans:
    """When each trial began and ended, from the first one's begin on."""
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = pending
    with TemporaryDirectory() as folder:
        results = tune.Tuner(
            Waits,
            tune_config=tune.TuneConfig(num_samples=-1, search_alg=Hands(), reuse_actors=True),
            run_config=tune.RunConfig(storage_path=folder, verbose=0),
        ).fit()
    spans = sorted((one.metrics["begin"], one.metrics["end"]) for one in results)
    return [(begin - spans[0][0], end - spans[0][0]) for begin, end in spans]


def start(spans: Spans) -> float:
    """Seconds from one worker's start to the next one's: before any trial ends, each takes a new worker."""
    begins = [begin for begin, _ in spans if begin < SECONDS]
    return (begins[-1] - begins[0]) / max(1, len(begins) - 1)


def told(name: str, spans: Spans, predicted: Simulation) -> dict[str, Any]:
    return {
        "name": name,
        "wall": max(end for _, end in spans),
        "most": max(sum(begin <= at < end for begin, end in spans) for at, _ in spans),
        "predicted": predicted.run() - predicted.of.start,
        "most_predicted": predicted.most,
    }


@ray.remote
def _waits(_: Any) -> None:
    time.sleep(CHUNK)


def chunks(of: Overheads) -> dict[str, Any]:
    """An enumeration whose chunks wait, on workers that have started."""
    ray.get([_waits.remote(None) for _ in range(CPUS)])
    begin = time.perf_counter()
    pending = []
    for _ in range(SEEDS):
        alone = _waits.remote(None)
        pending += [alone, *(_waits.remote(alone) for _ in range(CHUNKS))]
    while pending:
        done, pending = ray.wait(pending, num_returns=1)
        ray.get(done)
    wall = time.perf_counter() - begin
    work = [Work(seed, chunk == 0, CHUNK) for seed in range(SEEDS) for chunk in range(CHUNKS + 1)]
    name = f"enumeration: {SEEDS} seeds, each singletons and {CHUNKS} chunks of {CHUNK:.0f} s"
    return {"name": name, "wall": wall, "predicted": simulated(work, CPUS, of)}


def main() -> None:
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    with local_ray(CPUS):
        runs = [chunks(replace(overheads(measured), start=0.0))]
        one, many = trials("auto"), trials(str(CPUS))
    of = searching.Overheads(measured["tune"]["each"], start(one))
    name = f"search: {TRIALS} trials of {SECONDS:.0f} s, at most {CPUS} at a time"
    for spans, pending, label in ((one, 1, "one pending, as Ray does it"), (many, CPUS, "all pending")):
        simulation = searching.Simulation([SECONDS] * TRIALS, TRIALS, CPUS, of, pending)
        runs.append(told(f"{name}; {label}", spans, simulation))
    WAITED.write_text(json.dumps({"start": of.start, "spans": [one, many], "runs": runs}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
