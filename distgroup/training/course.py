"""What became of a network's grouping and affinity in the course of its training."""

from collections.abc import Sequence
from dataclasses import dataclass

from distgroup.scores import Floats
from distgroup.training.regrouping import Regrouping
from distgroup.training.selective import Selective


@dataclass(frozen=True)
class Course:
    """One network of update rule `selective`, from its first batch to its last."""

    seed: int
    tasks: tuple[str, ...]
    """In the order of the affinities."""
    made: Sequence[Regrouping]
    """The groupings that it trained in, the first from step 0."""
    batches: int
    affinity: Floats
    """Tracked by the end, [source, target]."""

    @property
    def steps(self) -> int:
        """Optimizer steps: one a batch and group."""
        until = [*(made.step for made in self.made[1:]), self.batches]
        return sum((end - made.step) * len(made.grouping) for made, end in zip(self.made, until, strict=True))


def courses(networks: Selective) -> list[Course]:
    """Of every network, in their order."""
    affinity = networks.affinity.cpu().numpy()
    names, batches = networks.stack.data.names, networks.stack.steps_done
    return [
        Course(seed, names, history, batches, affinity[i])
        for i, (seed, history) in enumerate(zip(networks.seeds, networks.regroupings, strict=True))
    ]
