"""The ranks of a data-parallel run: sums over them, and what the first one says. One rank needs no process group."""

from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor, distributed

Value = TypeVar("Value")


@dataclass(frozen=True)
class Ranks:
    """This process among the ``count`` that train together. With one, nothing here does anything."""

    rank: int = 0
    count: int = 1

    @classmethod
    def joined(cls) -> "Ranks":
        """Those of torch's default process group, which must be there."""
        return cls(distributed.get_rank(), distributed.get_world_size())

    def sum_(self, values: Tensor) -> Tensor:
        """Sum over the ranks, in place; the same numbers on each."""
        if self.count > 1:
            distributed.all_reduce(values)
        return values

    def first_(self, values: Tensor) -> Tensor:
        """The first rank's values, in place."""
        if self.count > 1:
            distributed.broadcast(values, 0)
        return values

    def decided(self, value: Value) -> Value:
        """What the first rank has decided, whatever ``value`` is on this one."""
        if self.count == 1:
            return value
        held = [value]
        distributed.broadcast_object_list(held, 0)
        return held[0]
