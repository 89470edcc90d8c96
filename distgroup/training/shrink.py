"""From stacks to one of fewer networks that trains on where they stopped."""

from collections.abc import Sequence

import torch
from torch import Tensor

from distgroup.grouping import Group
from distgroup.training.stack import Stack


def shrunk(stacks: Sequence[Stack], groups: Sequence[Group]) -> Stack:
    """The networks of ``groups``, with parameters and optimizer state, out of stacks of one seed, data and step."""
    at = {group: (stack, row) for stack in stacks for row, group in enumerate(stack.groups)}
    first = stacks[0]
    result = Stack(first.data, first.encoder, first.training, first.seeds, groups)

    def rows(of: dict[Stack, Tensor]) -> Tensor:
        return torch.stack([of[stack][row] for stack, row in (at[group] for group in groups)])

    result.parameters.copy_(rows({stack: stack.parameters for stack in stacks}))
    result.steps_done = first.steps_done
    states = {stack: stack.optimizer.state[stack.parameters] for stack in stacks}
    for name, value in states[first].items():
        per_network = isinstance(value, Tensor) and value.shape == first.parameters.shape
        kept = rows({stack: state[name] for stack, state in states.items()}) if per_network else value
        result.optimizer.state[result.parameters][name] = kept
    return result
