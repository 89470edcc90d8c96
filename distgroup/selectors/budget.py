"""How many networks may be chosen and what they may cost together."""

from dataclasses import dataclass
from math import inf

from distgroup.errors import RequestError
from distgroup.networks import NetworkScores


@dataclass(frozen=True)
class Budget:
    """At most so many networks, of at most so much cost together."""

    groups: int
    cost: float

    @classmethod
    def of(cls, networks: NetworkScores, max_groups: int | None, max_cost: float | None) -> "Budget":
        """None is no limit; a network for each task is always enough. Raises RequestError on a limit below 1, or 0."""
        if max_groups is not None and max_groups < 1:
            raise RequestError(f"max_groups is {max_groups}: at least 1 group is needed")
        if max_cost is not None and not 0 < max_cost < inf:
            raise RequestError(f"the budget is {max_cost}: a positive number is needed")
        most = len(networks.tasks)
        return cls(most if max_groups is None else min(most, max_groups), inf if max_cost is None else max_cost)

    def __str__(self) -> str:
        cost = "" if self.cost == inf else f" of cost {self.cost:g} in all"
        return f"at most {self.groups} network(s){cost}"
