"""Tasks of one kind in Ray's queue, collected as they end; once one has failed, those that wait there do not begin.

`ray.cancel` would be the way, but for a race in Ray 2.60: a task that ends in the very moment in which it is cancelled
ends the driver's process too ("Tried to complete task that was not pending"; seen within 50 failures of two tasks at
once). So a task asks, as it begins, whether it is still wanted: half a millisecond.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import ray
from ray.experimental.internal_kv import _internal_kv_exists, _internal_kv_put

from distgroup.errors import ClusterError

END_S = 60
"""Seconds that tasks which run have to end before the failure of another is raised: what they do is kept, and whatever
follows finds the workers free."""


@dataclass(frozen=True)
class Work:
    """Names the tasks that are called off together."""

    name: str = field(default_factory=lambda: f"distgroup-called-off-{uuid4().hex}")

    def check_wanted(self) -> None:
        """For a task as it begins: raises ClusterError if another has failed; nobody asks for what this one returns."""
        if _internal_kv_exists(self.name):
            raise ClusterError("called off: another task of the same work has failed")

    def collected(self, pending: Mapping[Any, int]) -> Iterator[int]:
        """Networks of each task, as they end; when one raises, so does this, and those that have not begun never do."""
        left = dict(pending)
        try:
            while left:
                done, _ = ray.wait(list(left), num_returns=1)
                ray.get(done)
                yield sum(left.pop(task) for task in done)
        except Exception:
            _internal_kv_put(self.name, b"")
            ray.wait(list(left), num_returns=len(left), timeout=END_S)
            raise
