"""Many networks of one shape: a shared encoder and one linear head a task, for a whole stack of networks at once.

The parameters of N networks are one matrix [N, P]; every layer is a view of it. So an optimizer sees one tensor, the
gradient of the shared parameters is a slice, and a stack is shrunk by indexing. Forward and backward are batched
operations written out by hand: at these sizes autograd's bookkeeping costs half as much again as the arithmetic. The
tests hold them to autograd on plain torch modules.

Logits come as [N, outputs, rows]: with the rows last, a softmax over few classes runs along contiguous memory.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from distgroup.encoders import Encoder, stackable
from distgroup.encoders.base import Body, Cut, Views, aligned, fill
from distgroup.seeding import torch_rng
from distgroup.tasks.task import Task


@dataclass(frozen=True)
class Network:
    """Shape of one network, and where each layer lies in its flat parameter vector: encoder first, heads last."""

    encoder: Encoder
    inputs: int
    tasks: tuple[Task, ...]

    @cached_property
    def body(self) -> Body:
        """Raises RequestError for an encoder that cannot be stacked, or not for so many inputs."""
        return stackable(self.encoder).body(self.inputs)

    @cached_property
    def outputs(self) -> int:
        return sum(task.outputs for task in self.tasks)

    @cached_property
    def shared(self) -> int:
        """Length of the shared part, the first of the flat vector."""
        return self.body.length

    @cached_property
    def parameters(self) -> int:
        """Length of the flat vector."""
        return self.shared + aligned(self.outputs * self.body.width) + aligned(self.outputs)

    @cached_property
    def task_of_output(self) -> list[int]:
        """For each of the head outputs, the position of its task."""
        return [i for i, task in enumerate(self.tasks) for _ in range(task.outputs)]

    def layers(self, flat: Tensor) -> "Layers":
        """Views of ``flat`` [N, P] as weights and biases."""
        cut = Cut(flat[:, self.shared :])
        return Layers(self.body.views(flat), (cut((self.outputs, self.body.width)), cut((self.outputs, 1))))

    def initialise(self, seed: int) -> Tensor:
        """Parameters [P] in float64, uniform in ±1/√fan-in as torch's own layers are.

        Drawn by (seed, layer) and (seed, task name): every network of a seed starts alike, whatever its tasks and their
        order, so that gains compare networks that differ in their group alone.
        """
        flat = torch.zeros(1, self.parameters, dtype=torch.float64)
        layers = self.layers(flat)
        self.body.initialise(layers.encoder, seed)
        weight, bias = layers.head
        at = 0
        for task in self.tasks:
            own = slice(at, at + task.outputs)
            fill(weight[:, own], bias[:, own], self.body.width, torch_rng(seed, "init", "head", task.name))
            at += task.outputs
        return flat[0]


@dataclass(frozen=True)
class Layers:
    """Views of a stack's parameters (or of its gradient): the encoder's, as its body cuts them; head weight
    [N, outputs, in] and bias [N, outputs, 1]."""

    encoder: Views
    head: tuple[Tensor, Tensor]


class Workspace:
    """Buffers for one forward and backward pass, kept between steps: fresh memory every step would cost dearly."""

    def __init__(self, network: Network, networks: int, rows: int, like: Tensor) -> None:
        self.encoder = network.body.workspace(networks, rows, like)
        self.hidden = like.new_empty(0)
        self.logits = like.new_empty(networks, network.outputs, rows)


def forward(layers: Layers, inputs: Tensor, space: Workspace) -> Tensor:
    """Logits [N, outputs, rows] for inputs [N, rows, features]; the hidden activations stay in ``space``."""
    space.hidden = space.encoder.forward(layers.encoder, inputs)
    weight, bias = layers.head
    return torch.baddbmm(bias, weight, space.hidden.transpose(1, 2), out=space.logits)


def backward(layers: Layers, inputs: Tensor, space: Workspace, error: Tensor, gradient: Layers) -> None:
    """Write into ``gradient`` the gradient for ``error`` [N, outputs, rows], the loss's derivative by the logits.

    ``space`` must hold the activations of the forward pass on the same inputs.
    """
    torch.bmm(error, space.hidden, out=gradient.head[0])
    torch.sum(error, 2, keepdim=True, out=gradient.head[1])
    torch.bmm(error.transpose(1, 2), layers.head[0], out=space.encoder.error)
    space.encoder.backward(layers.encoder, inputs, gradient.encoder)
