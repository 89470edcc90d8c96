"""Selective updates of one network as anybody would write them: torch modules, autograd, one of torch's optimizers."""

import numpy as np
import torch
from torch.nn import functional
from training.plain_encoder import layers_of, plain_encoder
from training.test_tracking import by_definition

from distgroup.seeding import torch_rng
from distgroup.training.data import Batches
from distgroup.training.regrouping import regrouped


def linear(weight, bias):
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
    layer.load_state_dict({"weight": weight.detach().clone(), "bias": bias.detach().clone()})
    return layer


def mean_loss(task, logits, label):
    known = ~label.isnan()
    label = label.nan_to_num()
    if task.kind == "regression":
        each = functional.mse_loss(logits[:, 0], label, reduction="none")
    elif task.kind == "binary":
        each = functional.binary_cross_entropy_with_logits(logits[:, 0], label, reduction="none")
    else:
        each = functional.cross_entropy(logits, label.long(), reduction="none")
    return (each * known).sum() / known.sum().clamp(min=1)


class PlainSelective:
    """Starts with the parameters of one network of a `Selective`, and holds its candidate."""

    def __init__(self, selective, row, task_set, optimizer, tracking=None):
        stack = selective.stack
        self.seed, self.candidate = selective.seeds[row], selective.candidates[row]
        self.task_set, self.tracking, self.step = task_set, tracking, 0
        self.dtype = stack.parameters.dtype
        self.encoder = plain_encoder(stack, row)
        self.heads, at = torch.nn.ModuleDict(), 0
        for task in stack.data.tasks:
            own = slice(at, at + task.outputs)
            self.heads[task.name] = linear(stack.layers.head[0][row, own], stack.layers.head[1][row, own, 0])
            at += task.outputs
        self.names = stack.data.names
        self.optimizer = optimizer([*self.encoder.parameters(), *self.heads.parameters()])
        self.batches = Batches(self.seed, len(task_set.splits["train"].inputs), stack.training.batch_size)
        self.affinity = np.zeros((len(self.names), len(self.names)))

    def losses(self, rows):
        split = self.task_set.splits["train"]
        hidden = self.encoder(torch.tensor(split.inputs[rows], dtype=self.dtype))
        labels = torch.tensor(split.labels[rows], dtype=self.dtype)
        return {
            task.name: mean_loss(task, self.heads[task.name](hidden), labels[:, i])
            for i, task in enumerate(self.task_set.tasks)
        }

    def numbers(self, rows):
        losses = self.losses(rows)
        return np.array([losses[name].item() for name in self.names])

    def batch(self, grouping):
        """One batch, each group acting once; ``grouping`` as the network's `Selective` would have it now."""
        rows = self.batches(self.step)
        order = torch.randperm(len(grouping), generator=torch_rng(self.seed, "order", self.step)).tolist()
        groups = [grouping.groups[i] for i in order]
        seen = []
        for group in groups:
            seen.append(self.numbers(rows))
            self.optimizer.zero_grad(set_to_none=True)
            losses = self.losses(rows)
            for name in group:
                losses[name].backward(retain_graph=True)
            self.optimizer.step()
        seen.append(self.numbers(rows))
        if self.tracking:
            self.track(groups, seen)
        self.step += 1

    def track(self, groups, seen):
        last = self.step % self.tracking.credit_last_every == 0
        for i, group in enumerate(groups):
            if self.tracking.credit == "as_released":
                credited = groups[i + 1] if i + 1 < len(groups) else ()
            else:
                credited = group if i + 1 < len(groups) or last else ()
            positions = [self.names.index(name) for name in credited]
            self.affinity = by_definition(self.affinity, positions, seen[i], seen[i + 1], self.tracking.beta)

    def regroup(self):
        return regrouped(self.names, self.affinity, self.candidate.num_groups, self.candidate.selector)

    def parameters(self, network):
        """As a flat vector in the layout of the stack's ``network``."""
        flat = torch.zeros(1, network.parameters, dtype=self.dtype)
        layers = network.layers(flat)
        for own, theirs in zip(layers.encoder, layers_of(self.encoder), strict=True):
            for part, value in zip(own, theirs, strict=True):
                part[0] = value
        heads = [self.heads[name] for name in self.names]
        layers.head[0][0] = torch.cat([head.weight.detach() for head in heads])
        layers.head[1][0, :, 0] = torch.cat([head.bias.detach() for head in heads])
        return flat[0]
