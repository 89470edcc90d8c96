"""Who takes part: joint training, single-task networks, fixed partitions, and groups that are decided again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from task_sets import Settings

from distgroup.grouping import Grouping
from distgroup.seeding import derive
from distgroup.selectors import Random
from distgroup.training.regrouping import Adaptive
from distgroup.training.tracking import Tracking

ALONE, JOINT, IN_TURN = "alone", "joint", "singletons in turn"


@dataclass(frozen=True)
class Drawn:
    """A random partition into at most so many groups, another for each seed, made after the warm-up and kept."""

    num_groups: int
    warm_up: int

    def of(self, seed: int) -> Adaptive:
        drawn = Random(seed=derive(seed, "random groups"))
        return Adaptive(num_groups=self.num_groups, regroup_every="never", selector=drawn, warm_up=self.warm_up)


@dataclass(frozen=True)
class Method:
    """``rule`` None: the single-task networks that gains are measured against."""

    name: str
    rule: Grouping | Adaptive | Drawn | None
    batches: int
    tracking: Tracking | None = None
    tuned_as: str = ""
    """The method whose learning rates it has, if not its own."""

    @property
    def tuned(self) -> str:
        return self.tuned_as or self.name

    @property
    def family(self) -> str:
        """Networks of one family make about as many steps a batch, and train as one stack without idling."""
        number = len(self.rule) if isinstance(self.rule, Grouping) else getattr(self.rule, "num_groups", 0)
        # Random partitions share stacks all the same: those of one seed are few.
        return "Drawn" if isinstance(self.rule, Drawn) else f"{type(self.rule).__name__} {number}"

    def candidate(self, seed: int) -> Grouping | Adaptive | None:
        return self.rule.of(seed) if isinstance(self.rule, Drawn) else self.rule


TUNED_EVERY = 10


def tuned_as(k: int | Literal["auto"]) -> str:
    """Whose learning rates all have that update so many groups."""
    return f"{k} groups, every {TUNED_EVERY}"


def adaptive(
    k: int | Literal["auto"], every: int | Literal["never"], of: Settings, variant: str = "", **tracking: Any
) -> Method:
    rule = Adaptive(num_groups=k, regroup_every=every, warm_up=of.warm_up)
    return Method(f"{k} groups, every {every}{variant}", rule, of.batches, Tracking(**tracking), tuned_as(k))


def fixed(grouping: Grouping, batches: int) -> Method:
    return Method(f"fixed {grouping}", grouping, batches)


def grid(of: Settings) -> list[Method]:
    """Numbers of groups × frequencies."""
    return [adaptive(k, every, of) for k in (2, 3, "auto") for every in of.frequencies]


def ends(tasks: Sequence[str], of: Settings) -> list[Method]:
    """One group, which cannot change; and as many as tasks, decided again at every batch. If the answer is always the
    single tasks, no rarer question has another, and the network is that of singletons in turn."""
    one = Method("1 group", Adaptive(num_groups=1, regroup_every="never", warm_up=of.warm_up), of.batches, Tracking())
    many = replace(adaptive(len(tasks), 1, of), tuned_as=IN_TURN)
    return [one, many]


def ablations(of: Settings) -> list[Method]:
    released = [adaptive(k, TUNED_EVERY, of, ", released credit", credit="as_released") for k in (2, "auto")]
    return [*released, adaptive("auto", TUNED_EVERY, of, ", beta 0.03", beta=0.03)]


def baselines(tasks: Sequence[str], of: Settings) -> list[Method]:
    """Joint training goes on for as many steps as the others can make."""
    rarely = Tracking(credit_last_every=of.batches)
    return [
        Method(ALONE, None, of.batches),
        Method(JOINT, Grouping.of([tasks]), of.batches * len(tasks)),
        Method(IN_TURN, Grouping.of([name] for name in tasks), of.batches),
        *(Method(f"random {k} groups", Drawn(k, of.warm_up), of.batches, rarely, tuned_as(k)) for k in (2, 3)),
    ]
