"""What a selector is: group scores and a budget in, a grouping out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

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


class Selector(Options, ABC):
    """Turns group scores and a number of groups into a grouping.

    Laws: covers every task with at most ``max_groups`` groups; deterministic; relabelling the tasks relabels the
    result (up to ties); never a larger total than `Exact`.
    """

    @abstractmethod
    def select(self, scores: GroupScores, max_groups: int | None) -> Selection:
        """The grouping chosen by at most ``max_groups`` groups; None leaves the number to the selector."""
