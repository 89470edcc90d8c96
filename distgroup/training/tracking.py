"""Affinity tracked while training selectively, from what each group's step leaves of the losses (Jeong & Yoon 2025).

When group G has been stepped, with ``a_t = (1 − L_t after / L_t before) / |G|``, for s ∈ G and every task t:

- t ∉ G: ``B[s,t] = a_t``
- t = s: ``B[s,t] = a_t`` if a_t ≥ 0, else no update
- t ∈ G, t ≠ s: ``B[s,t] = a_t`` if a_t·a_s ≥ 0, else ``−max(a_t, a_s)``

and then ``A[s,t] ← (1−β)·A[s,t] + β·B[s,t]``, with A starting at 0.

Ours: a task without a loss before the step (it has no label in the batch) neither acts nor is credited nor counts in
|G|. And the group that acted is credited; the authors' released code credits the group about to act, which `credit:
as_released` keeps for comparison.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from distgroup.options import Options


class Tracking(Options):
    """How affinity is tracked."""

    beta: float = Field(default=1e-3, gt=0, le=1, description="Weight of the newest credit in the moving average")
    credit: Literal["corrected", "as_released"] = Field(
        default="corrected", description="Who is credited with a change: the group that acted, or the one about to act"
    )
    credit_last_every: int = Field(
        default=10,
        ge=1,
        description="Batches between the additional forward passes that credit a batch's last group (corrected only)",
    )

    def credits_last(self, step: int) -> bool:
        """Does this batch end with a forward pass that credits the last group?"""
        return self.credit == "corrected" and step % self.credit_last_every == 0

    def credited(self, acting: Tensor, turn: int, last: bool) -> Tensor:
        """Whose doing is the change from the turn before to this one? Shape [networks, tasks], as `track_` takes it.

        ``acting`` [turns, networks, tasks]: which tasks acted when; none where a network idled. Only if the batch
        credits the ``last`` is a network credited that idles in this turn.
        """
        if self.credit == "as_released":
            return acting[turn]
        return acting[turn - 1] if last else acting[turn - 1] & acting[turn].any(1, keepdim=True)


def track_(affinity: Tensor, group: Tensor, before: Tensor, after: Tensor, beta: float) -> None:
    """Credit one group of each network with what happened to every task's loss, in place.

    ``affinity`` [networks, source, target]; ``group`` [networks, tasks], True for the tasks of the group credited, all
    False for a network that is left alone; the losses [networks, tasks], 0 where the batch has no label of the task.
    """
    before, after = before.to(affinity.dtype), after.to(affinity.dtype)
    known = before > 0
    acting = group & known
    change = (1 - after / before) / acting.sum(1, keepdim=True)
    source, target = change[:, :, None], change[:, None, :]
    opposed = acting[:, None, :] & (source * target < 0)
    found = torch.where(opposed, -torch.maximum(source, target), target)
    itself = torch.eye(affinity.shape[1], dtype=torch.bool, device=affinity.device)
    updated = acting[:, :, None] & known[:, None, :] & ~(itself & (target < 0))
    affinity.lerp_(torch.where(updated, found, affinity), beta)
