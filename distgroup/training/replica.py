"""A network on one rank: losses and gradients of its rows, summed over the ranks."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from distgroup.grouping import Group
from distgroup.seeding import derive
from distgroup.training.comm import Ranks
from distgroup.training.data import Data
from distgroup.training.losses import blocks, errors_, row_losses
from distgroup.training.message import Message
from distgroup.training.module import build
from distgroup.training.parts import Part
from distgroup.training.problem import Problem
from distgroup.training.stack import EVALUATION_ROWS

Precision = Literal["float32", "bf16"]


@dataclass(frozen=True)
class _Acting:
    """What a group moves: the encoder and its own heads. Of which outputs the errors count, [outputs, 1], as 0 or 1."""

    parameters: list[nn.Parameter]
    outputs: Tensor


class Replica:
    """A network of the tasks of ``data``, the same on every rank, and its optimizer.

    Heads outside the acting group get no gradient, so that torch's optimizers pass them over: no momentum, no decay.
    """

    def __init__(self, problem: Problem, data: Data, seed: int, ranks: Ranks, precision: Precision) -> None:
        """``precision`` bf16: the module runs under autocast; otherwise in the data's own type."""
        self.data, self.seed, self.ranks, self.precision = data, seed, ranks, precision
        self.model = build(problem.encoder, problem.task_set.features, data.tasks, seed).to(data.device, data.dtype)
        for held in (*self.model.parameters(), *self.model.buffers()):
            ranks.first_(held.data)
        self.message = Message(self.model, ranks)
        self.optimizer = problem.training.optimizer.build(self.message.parameters)
        self._heads = blocks(data.tasks)
        owner = [i for i, task in enumerate(data.tasks) for _ in range(task.outputs)]
        self._owner = torch.tensor(owner, device=data.device)
        self._acting: dict[Group, _Acting] = {}

    def gradient(self, parts: Sequence[Part], group: Group, step: int) -> Tensor:
        """Leave the gradient of the group's summed loss for the optimizer; every task's loss, [tasks], on the CPU."""
        acting = self._what_moves(group)
        self.message.begin(acting.parameters)
        self._prepare(step)
        for part in parts:
            with self._autocast():
                logits = self.model(part.inputs)
            errors = errors_(self._add_losses(logits, part), part.targets, self._heads)[0]
            share = part.share[self._owner] if isinstance(part.share, Tensor) else part.share
            errors.mul_(acting.outputs * share)
            torch.autograd.backward(logits, errors.T.to(logits.dtype), inputs=acting.parameters)
        return self.message.exchange()

    def look(self, parts: Sequence[Part], step: int) -> Tensor:
        """Every task's loss as it is now, [tasks], on the CPU; nothing changes."""
        kept = [one.clone() for one in self.model.buffers()]
        self.message.begin([])
        self._prepare(step)
        with torch.no_grad(), self._autocast():
            for part in parts:
                self._add_losses(self.model(part.inputs), part)
        for one, was in zip(self.model.buffers(), kept, strict=True):
            one.copy_(was)
        return self.message.exchange_losses()

    def logits(self, split: str) -> Tensor:
        """Logits of every row of a split, in evaluation, shape [1, outputs, rows]."""
        self.model.eval()
        with torch.no_grad(), self._autocast():
            found = [self.model(inputs) for inputs in self.data.splits[split].inputs.split(EVALUATION_ROWS)]
        return torch.cat(found).to(self.data.dtype).T[None]

    def _prepare(self, step: int) -> None:
        """For training; what the module draws is the same at each turn of a step."""
        if not self.model.training:
            self.model.train()
        seed = derive(self.seed, "dropout", self.ranks.rank, step)
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would take as long as half a small network's step
        if self.data.device.type == "cuda":
            torch.cuda.manual_seed(seed)

    def _autocast(self) -> AbstractContextManager[Any]:
        bf16 = self.precision == "bf16"
        return torch.autocast(self.data.device.type, torch.bfloat16) if bf16 else nullcontext()

    def _add_losses(self, logits: Tensor, part: Part) -> Tensor:
        """Add the part's losses to the message; a copy of the logits, [1, outputs, rows]."""
        found = logits.detach().to(self.data.dtype).T[None].contiguous()
        self.message.losses += (row_losses(found, part.targets, self._heads)[0] * part.share).sum(1)
        return found

    def _what_moves(self, group: Group) -> _Acting:
        if group not in self._acting:
            heads = [one for name in self.data.names if name in group for one in self.model.head(name).parameters()]
            moving = [one for one in (*self.model.encoder.parameters(), *heads) if one.requires_grad]
            member = torch.tensor([name in group for name in self.data.names], device=self.data.device)
            self._acting[group] = _Acting(moving, member[self._owner, None].to(self.data.dtype))
        return self._acting[group]
