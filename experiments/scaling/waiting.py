"""Ray's and Tune's scheduling on more CPUs than there are: tasks and trials that only wait.

python experiments/scaling/waiting.py              # all
python experiments/scaling/waiting.py chunks       # a part again
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ray
from local_ray import local_ray
from ray import tune
from ray.tune.search import Searcher

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


@ray.remote
def _waits(_: Any, seconds: float = CHUNK) -> None:
    time.sleep(seconds)


def chunks() -> float:
    """Wall seconds of an enumeration whose chunks wait, on workers that have started."""
    ray.get([_waits.remote(None, SECONDS) for _ in range(CPUS)])  # long, so that each starts a worker of its own
    begin = time.perf_counter()
    pending = []
    for _ in range(SEEDS):
        alone = _waits.remote(None)
        pending += [alone, *(_waits.remote(alone) for _ in range(CHUNKS))]
    while pending:
        done, pending = ray.wait(pending, num_returns=1)
        ray.get(done)
    return time.perf_counter() - begin


PARTS: dict[str, Callable[[], Any]] = {
    "chunks": chunks,
    "one pending": partial(trials, "auto"),
    "all pending": partial(trials, str(CPUS)),
}


def main() -> None:
    held = json.loads(WAITED.read_text(encoding="utf-8")) if WAITED.exists() else {}
    with local_ray(CPUS):
        found = {name: PARTS[name]() for name in sys.argv[1:] or PARTS}
    WAITED.write_text(json.dumps(held | found | {"cores": os.cpu_count()}), encoding="utf-8")


if __name__ == "__main__":
    main()
