"""What is to be trained data-parallel, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from distgroup.errors import RequestError
from distgroup.grouping import Group, Grouping
from distgroup.scores import Floats
from distgroup.training.evaluate import Evaluation
from distgroup.training.problem import Problem
from distgroup.training.regrouping import Adaptive, Regrouping
from distgroup.training.tracking import Tracking
from distgroup.update import Update


@dataclass(frozen=True)
class Assignment:
    """A model to train: by which update rule, in which groups, from which seed.

    Raises RequestError unless the grouping is of the problem's tasks, all of them, and one that the rule can take.
    """

    problem: Problem
    update: Update
    grouping: Grouping | Adaptive
    """`Adaptive`, which only `selective` takes: made again from tracked affinity as training goes on."""
    seed: int
    tracking: Tracking = field(default_factory=Tracking)
    """How `selective` tracks affinity."""

    def __post_init__(self) -> None:
        if isinstance(self.grouping, Grouping):
            _check_tasks(self.grouping, self.problem.task_set.names)
            if self.update == "selective" and not self.grouping.is_partition:
                raise RequestError(
                    f"grouping {self.grouping}: groups overlap, but selective has one network, in which a task belongs "
                    "to one group; with update separate they may"
                )
        elif self.update == "separate":
            raise RequestError("a grouping made in the course of training needs update selective; separate needs one")

    @property
    def networks(self) -> tuple[Group, ...]:
        """The tasks of each network, in the order of training."""
        if isinstance(self.grouping, Grouping) and self.update == "separate":
            return self.grouping.groups
        return (frozenset(self.problem.task_set.names),)

    @property
    def batches(self) -> int:
        """Of all networks together."""
        return len(self.networks) * self.problem.training.steps

    @property
    def description(self) -> dict[str, str | int]:
        """All that determines the result."""
        return {
            "spec_hash": self.problem.digest,
            "update": self.update,
            "grouping": self.grouping.model_dump_json() if isinstance(self.grouping, Adaptive) else str(self.grouping),
            "seed": self.seed,
            "tracking": self.tracking.model_dump_json(),
        }


@dataclass(frozen=True)
class TrainedNetwork:
    """One network at the end of its training. What is [.., tasks] has them in the order of ``tasks``."""

    group: Group
    tasks: tuple[str, ...]
    parameters: Mapping[str, Tensor]
    """State dict of its `MultiTask`, on the CPU."""
    losses: Floats
    """[steps, tasks], over the whole batch of each step, before its first group acted; NaN where none had a label."""
    affinity: Floats
    """Tracked by the end, [source, target]; 0 where none was tracked."""
    regroupings: tuple[Regrouping, ...]
    """The groupings that it trained in, the first from step 0."""
    evaluations: Mapping[str, Evaluation]
    """For val and test, [1, tasks]."""
    seconds: float
    """Wall time of training and evaluation."""

    @property
    def steps(self) -> int:
        """Optimizer steps: one a batch and group."""
        ends = [*(made.step for made in self.regroupings[1:]), len(self.losses)]
        return sum((e - made.step) * len(made.grouping) for made, e in zip(self.regroupings, ends, strict=True))


@dataclass(frozen=True)
class TrainedRun:
    """What came of an assignment."""

    networks: tuple[TrainedNetwork, ...]

    @property
    def serves(self) -> dict[str, Group]:
        """Of each task, the group whose network predicts it: of those that hold it, the one best on val."""
        best: dict[str, tuple[float, Group]] = {}
        for network in self.networks:
            for task, loss in zip(network.tasks, network.evaluations["val"].loss[0], strict=True):
                if task not in best or loss < best[task][0]:
                    best[task] = float(loss), network.group
        return {task: group for task, (_, group) in best.items()}

    @property
    def grouping(self) -> Grouping:
        """The groups as they were at the end."""
        return Grouping.of(group for network in self.networks for group in network.regroupings[-1].grouping.groups)

    @property
    def steps(self) -> int:
        return sum(network.steps for network in self.networks)

    @property
    def seconds(self) -> float:
        return sum(network.seconds for network in self.networks)

    def scores(self, task: str) -> dict[str, tuple[float, float]]:
        """Loss and metric of the task in its serving group's network, by split."""
        network = next(one for one in self.networks if one.group == self.serves[task])
        at = network.tasks.index(task)
        return {split: (float(e.loss[0, at]), float(e.metric[0, at])) for split, e in network.evaluations.items()}


def _check_tasks(grouping: Grouping, names: tuple[str, ...]) -> None:
    for wrong in sorted(grouping.tasks - set(names)):
        raise RequestError(f"grouping {grouping}: there is no task {wrong!r}; the tasks are {', '.join(names)}")
    missing = [name for name in names if name not in grouping.tasks]
    if missing:
        raise RequestError(f"grouping {grouping}: no group has {', '.join(missing)}; each task must be in one")
