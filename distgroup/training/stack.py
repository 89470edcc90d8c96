"""Many small networks at once: a stack trains (seeds × groups) networks of one shape in lockstep.

Element-wise optimizers and batched matrix products make this the same arithmetic as training each network alone. What
differs between the networks of a seed is only which tasks' losses count.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from distgroup.encoders import Encoder
from distgroup.errors import DivergedError
from distgroup.grouping import Group, group_text
from distgroup.models import Layers, Network, Workspace, backward, forward
from distgroup.training.data import Batches, Data
from distgroup.training.losses import blocks, errors_, row_losses
from distgroup.training.settings import Training

EVALUATION_ROWS = 512


class Stack:
    """Networks [seeds × groups], seed by seed. `data` must hold every task of the groups."""

    def __init__(
        self, data: Data, encoder: Encoder, training: Training, seeds: Sequence[int], groups: Sequence[Group]
    ) -> None:
        """Raises RequestError for an encoder that cannot be stacked, or not on such inputs."""
        self.data, self.encoder, self.training = data, encoder, training
        self.seeds, self.groups = tuple(seeds), tuple(groups)
        features = data.splits["train"].inputs.shape[1]
        self.network = Network(encoder, features, data.tasks)
        start = torch.stack([self.network.initialise(seed) for seed in seeds]).to(data.device, data.dtype)
        self.parameters = start.repeat_interleave(len(groups), 0)
        self.flat_gradient = self.parameters.grad = torch.zeros_like(self.parameters)
        self.layers = self.network.layers(self.parameters)
        self.gradient = self.network.layers(self.flat_gradient)
        self.optimizer = training.optimizer.build([self.parameters])
        self.steps_done = 0
        self._heads = blocks(data.tasks)
        self._batches = [Batches(seed, len(data.splits["train"]), training.batch_size) for seed in seeds]
        self._space = Workspace(self.network, len(self), training.batch_size, self.parameters)
        self._task_of_output = torch.tensor(self.network.task_of_output, device=data.device)
        counts = torch.tensor([[name in group for name in data.names] for group in groups], device=data.device)
        self.members = counts.to(data.dtype).repeat(len(seeds), 1)
        """Shape [networks, tasks]: 1 where the network trains the task."""
        self._weights = self.members[:, self._task_of_output, None]

    def __len__(self) -> int:
        return len(self.seeds) * len(self.groups)

    def step(self) -> None:
        """One optimizer step of every network, on its seed's next batch."""
        inputs, targets, share = self.batch(self.steps_done)
        self.forward(inputs)
        self.backward(inputs, self.errors(targets, share).mul_(self._weights), self.gradient)
        self.update()

    def train(self, steps: int) -> None:
        """Take ``steps`` steps. Raises DivergedError if a network's parameters are no longer finite."""
        for _ in range(steps):
            self.step()
        self.check()

    def check(self) -> None:
        """Raise DivergedError, naming group and seed, if a network is no longer finite."""
        lost = (~self.parameters.isfinite().all(1)).nonzero()
        if len(lost):
            seed, group = divmod(int(lost[0]), len(self.groups))
            raise DivergedError(
                f"network {group_text(self.groups[group])}, seed {self.seeds[seed]}, diverged within "
                f"{self.steps_done} steps; lower training.optimizer.lr ({self.training.optimizer.lr:g})"
            )

    def update(self) -> None:
        """Let the optimizer apply the gradient."""
        self.optimizer.step()
        self.steps_done += 1

    def batch(self, step: int) -> tuple[Tensor, Tensor, Tensor | float]:
        """Inputs [networks, rows, features], targets [networks or 1, outputs, rows] and each label's share in its
        task's mean: 1 / valid rows, 0 where missing, [networks, outputs, rows] (a plain number if none is missing)."""
        train = self.data.splits["train"]
        rows = torch.cat([batches(step) for batches in self._batches]).to(self.data.device)
        inputs = self._per_network(train.inputs.index_select(0, rows).unflatten(0, (len(self.seeds), -1)))
        targets = self._per_network(self._rows_last(train.targets, rows))
        if train.complete:
            return inputs, targets, 1 / self.training.batch_size
        valid = self._rows_last(train.valid, rows)
        share = valid / valid.sum(2, keepdim=True).clamp_min(1)
        return inputs, targets, self._per_network(share)[:, self._task_of_output]

    def _rows_last(self, values: Tensor, rows: Tensor) -> Tensor:
        picked: Tensor = values.index_select(0, rows).unflatten(0, (len(self.seeds), -1))
        return picked.transpose(1, 2)

    def _per_network(self, values: Tensor) -> Tensor:
        """From one entry a seed to one a network; without copying where there is one seed or one group."""
        return values[:, None].expand(-1, len(self.groups), -1, -1).flatten(0, 1)

    def forward(self, inputs: Tensor, layers: Layers | None = None) -> Tensor:
        """Logits [networks, outputs, rows], in the stack's workspace; with other parameters if ``layers`` are given."""
        return forward(layers or self.layers, inputs, self._space)

    def errors(self, targets: Tensor, share: Tensor | float) -> Tensor:
        """Overwrite the logits of the last forward pass with the derivatives of every task's mean loss by them."""
        return errors_(self._space.logits, targets, self._heads).mul_(share)

    def task_losses(self, logits: Tensor, targets: Tensor, share: Tensor | float) -> Tensor:
        """Mean loss of each task over the batch, shape [networks, tasks]; 0 for a task without a label in it."""
        losses = row_losses(logits, targets, self._heads)
        if isinstance(share, float):
            return losses.mean(2)
        first = [self.network.task_of_output.index(i) for i in range(len(self.data.tasks))]
        return (losses * share[:, first]).sum(2)

    def backward(self, inputs: Tensor, errors: Tensor, gradient: Layers) -> None:
        """Gradients of all networks for derivatives ``errors`` by the logits, on the last forward pass's inputs."""
        backward(self.layers, inputs, self._space, errors, gradient)

    def backward_task(self, inputs: Tensor, errors: Tensor, task: int, gradient: Layers) -> None:
        """As `backward`, of one task's loss: into the encoder's gradient and its own head's, other heads' untouched."""
        first = self.network.task_of_output.index(task)
        own = slice(first, first + self.data.tasks[task].outputs)
        backward(_one_head(self.layers, own), inputs, self._space, errors[:, own], _one_head(gradient, own))

    def logits(self, split: str) -> Tensor:
        """Logits of every row of a split, shape [networks, outputs, rows]."""
        found = []
        for inputs in self.data.splits[split].inputs.split(EVALUATION_ROWS):
            space = Workspace(self.network, len(self), len(inputs), self.parameters)
            found.append(forward(self.layers, inputs.expand(len(self), -1, -1), space))
        return torch.cat(found, 2)


def _one_head(layers: Layers, outputs: slice) -> Layers:
    weight, bias = layers.head
    return Layers(layers.encoder, (weight[:, outputs], bias[:, outputs]))
