"""The network as a torch module: what is trained data-parallel, saved and loaded, beside the stacks of many."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from distgroup.encoders import Encoder
from distgroup.encoders.base import fill
from distgroup.seeding import torch_rng
from distgroup.tasks.task import Task
from distgroup.training.losses import head_order


class MultiTask(nn.Module):
    """A shared encoder and one linear head a task: logits [rows, outputs] from inputs [rows, features].

    ``tasks`` are held in `head_order`, as `Data.tasks` are, and so stand the heads and the outputs.
    """

    def __init__(self, encoder: nn.Module, width: int, tasks: Sequence[Task]) -> None:
        """``encoder`` gives [rows, width]. The heads' numbers are left unset: `build` draws them."""
        super().__init__()
        self.tasks = head_order(tuple(tasks))
        self.encoder = encoder
        heads = [skip_init(nn.Linear, width, task.outputs, dtype=torch.float64) for task in self.tasks]
        self.heads = nn.ModuleList(heads)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.encoder(inputs)
        return torch.cat([head(hidden) for head in self.heads], 1)

    def head(self, task: str) -> nn.Linear:
        """The head of the task of that name."""
        found = self.heads[[one.name for one in self.tasks].index(task)]
        assert isinstance(found, nn.Linear)  # they are made so above
        return found


def build(encoder: Encoder, features: int, tasks: Sequence[Task], seed: int) -> MultiTask:
    """A network with the very numbers that a stack's networks of that seed start from, in float64 on the CPU.

    A head's numbers depend on seed and name alone, so every network of a seed starts alike, whatever its tasks.
    """
    network = MultiTask(encoder.module(features, seed), encoder.width(features), tasks)
    for task in network.tasks:
        head = network.head(task.name)
        fill(head.weight.data, head.bias.data, head.in_features, torch_rng(seed, "init", "head", task.name))
    return network
