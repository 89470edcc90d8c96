"""What ranks tell each other after a backward pass: one flat tensor, so that one sum over the ranks is enough."""

from collections.abc import Iterable
from itertools import accumulate, pairwise

import torch
from torch import Tensor, nn

from distgroup.training.comm import Ranks
from distgroup.training.module import MultiTask


class Message:
    """Each rank's part of every task's loss, of the running statistics and of the gradient, to be summed.

    A parameter's ``grad`` is a view of the message, or None if it is not to move. Running statistics are BatchNorm's:
    each rank normalises by its own rows, and the statistics are the mean over the ranks, so that all stay alike.
    """

    def __init__(self, model: MultiTask, ranks: Ranks) -> None:
        self.ranks, self.tasks = ranks, len(model.tasks)
        self.parameters = [one for one in model.parameters() if one.requires_grad]
        self.statistics = [one for one in model.buffers() if one.is_floating_point()]
        held = [torch.empty(self.tasks), *self.statistics, *self.parameters]
        ends = list(accumulate((one.numel() for one in held), initial=0))
        self.flat = self.parameters[0].new_zeros(ends[-1])
        views = [self.flat[a:b].view(one.shape) for one, (a, b) in zip(held, pairwise(ends), strict=True)]
        self.losses = views[0]
        self._statistics = views[1 : 1 + len(self.statistics)]
        self._gradients = dict(zip(self.parameters, views[1 + len(self.statistics) :], strict=True))

    def begin(self, moving: Iterable[nn.Parameter]) -> None:
        """Empty it, to gather gradients of the parameters that are to move, and of no other."""
        self.flat.zero_()
        for one in self.parameters:
            one.grad = None
        for one in moving:
            one.grad = self._gradients[one]

    def exchange(self) -> Tensor:
        """Sum over the ranks; every task's loss, [tasks], on the CPU."""
        held = list(zip(self.statistics, self._statistics, strict=True))
        for own, view in held:
            torch.div(own, self.ranks.count, out=view)
        self.ranks.sum_(self.flat)
        for own, view in held:
            own.copy_(view)
        return self.losses.cpu().clone()

    def exchange_losses(self) -> Tensor:
        """As `exchange`, of the losses alone."""
        return self.ranks.sum_(self.losses).cpu().clone()
