"""What a selector is: group scores and a budget in, a grouping out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from distgroup.grouping import Group, Grouping
from distgroup.options import Options
from distgroup.scores import GroupScores


@dataclass(frozen=True)
class Selection:
    """A grouping, the group that serves each task, and what it is worth on the scores that it was chosen on."""

    grouping: Grouping
    serves: Mapping[str, Group]
    total: float
    """Sum over tasks of the score in the serving group."""
    optimal: bool
    """True if no grouping within the budget has a larger total."""
    bound: float = inf
    """No grouping within the budget has a larger total than this; inf where nothing was proven."""


@dataclass(frozen=True)
class NetworkSelection(Selection):
    """Networks chosen from a list. Two of them may hold the same tasks, which a grouping cannot tell."""

    network_of: Mapping[str, str] = field(kw_only=True)
    """The name of the network that serves each task."""
    cost: float = field(kw_only=True)
    """What the networks cost together."""


class Selector(Options, ABC):
    """Turns group scores and a number of groups into a grouping.

    Laws: covers every task with at most ``max_groups`` groups; deterministic; relabelling the tasks relabels the
    result (up to ties); never a larger total than `Exact`.
    """

    kind: str
    """What a spec calls it."""

    @abstractmethod
    def select(self, scores: GroupScores, max_groups: int | None) -> Selection:
        """The grouping chosen by at most ``max_groups`` groups; None leaves the number to the selector."""


class BudgetSelector(Selector):
    """A selector that also knows what networks cost."""

    @abstractmethod
    def select(self, scores: GroupScores, max_groups: int | None, max_cost: float | None = None) -> Selection:
        """As `Selector.select`, for networks that cost at most ``max_cost`` in all; a group without a cost costs 1."""
