"""What is trained: one task set, one shape of network, one way of training."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from distgroup.encoders import AnyEncoder
from distgroup.gains import Gain
from distgroup.tasks.taskset import TaskSet
from distgroup.training.settings import Training


@dataclass(frozen=True)
class Problem:
    """Two results are comparable if, and only if, their problems have the same digest."""

    task_set: TaskSet
    encoder: AnyEncoder
    training: Training
    gain: Gain = "relative"
    """How what a task gains in a group is measured."""

    def __post_init__(self) -> None:
        """Raises RequestError, naming the field, if the encoder cannot take the task set's inputs."""
        self.encoder.check(self.task_set.features)

    @cached_property
    def digest(self) -> str:
        """Hash of data, network, training and gain."""
        parts = (self.task_set.digest, self.encoder.identity(), self.training.determining, self.gain)
        return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
