"""`lookahead` as one would write it down: torch modules, one network a seed, a loop over the tasks."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

from distgroup.training.data import Batches
from distgroup.training.problem import Problem

EVERY = 10


class Net(nn.Module):
    """A shared encoder and a linear head a task."""

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            widths = (problem.task_set.features, *problem.encoder.widths)
            layers = [nn.Sequential(nn.Linear(a, b), nn.ReLU()) for a, b in pairwise(widths)]
            self.encoder = nn.Sequential(*layers)
            self.heads = nn.ModuleList(nn.Linear(widths[-1], task.outputs) for task in problem.task_set.tasks)
        self.tasks = problem.task_set.tasks

    def losses(self, inputs: Tensor, labels: Tensor) -> list[Tensor]:
        hidden = self.encoder(inputs)
        return [self._loss(i, head(hidden), labels[:, i]) for i, head in enumerate(self.heads)]

    def _loss(self, i: int, logits: Tensor, labels: Tensor) -> Tensor:
        if self.tasks[i].kind == "multiclass":
            return cross_entropy(logits, labels.long())
        loss = mse_loss if self.tasks[i].kind == "regression" else binary_cross_entropy_with_logits
        return loss(logits[:, 0], labels)


def batches(problem: Problem, seed: int) -> tuple[Tensor, Tensor, Batches]:
    train = problem.task_set.splits["train"]
    inputs, labels = (torch.as_tensor(x, dtype=torch.float32, device="cpu") for x in (train.inputs, train.labels))
    return inputs, labels, Batches(seed, len(train), problem.training.batch_size)


def joint(problem: Problem, seed: int) -> Net:
    """A joint run of all tasks."""
    inputs, labels, rows = batches(problem, seed)
    net = Net(problem, seed)
    optimizer = problem.training.optimizer.build(net.parameters())
    for step in range(problem.training.steps):
        train(net, optimizer, inputs[rows(step)], labels[rows(step)])
    return net


def train(net: Net, optimizer: torch.optim.Optimizer, inputs: Tensor, labels: Tensor) -> None:
    optimizer.zero_grad()
    torch.stack(net.losses(inputs, labels)).sum().backward()
    optimizer.step()


def lookahead(problem: Problem, seed: int) -> Tensor:
    """Affinity [source, target], mean over a joint run with a look at every tenth step."""
    inputs, labels, rows = batches(problem, seed)
    net = Net(problem, seed)
    optimizer = problem.training.optimizer.build(net.parameters())
    looks = []
    for step in range(problem.training.steps):
        x, y = inputs[rows(step)], labels[rows(step)]
        if step % EVERY == 0:
            looks.append(look(net, x, y, problem.training.optimizer.lr))
        train(net, optimizer, x, y)
    return torch.stack(looks).mean(0)


def look(net: Net, inputs: Tensor, labels: Tensor, rate: float) -> Tensor:
    """One step on each task in turn, what it does to all losses, and back."""
    shared = list(net.encoder.parameters())
    before = net.losses(inputs, labels)
    affinity = []
    for loss in before:
        gradients = torch.autograd.grad(loss, shared, retain_graph=True)
        kept = [parameter.detach().clone() for parameter in shared]
        with torch.no_grad():
            for parameter, gradient in zip(shared, gradients, strict=True):
                parameter.data = parameter - rate * gradient
            after = net.losses(inputs, labels)
            for parameter, old in zip(shared, kept, strict=True):
                parameter.data = old
        affinity.append(torch.stack([1 - a / b for a, b in zip(after, before, strict=True)]).detach())
    return torch.stack(affinity)
