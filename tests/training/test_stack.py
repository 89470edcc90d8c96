"""A stack is the same arithmetic as training each network alone with plain torch modules."""

import pytest
import torch
from builders import make_task_set
from torch.nn import functional
from training.plain_encoder import layers_of, plain_encoder

from distgroup.encoders import Cnn, Mlp
from distgroup.errors import DivergedError
from distgroup.training.data import Batches, Data
from distgroup.training.settings import Adam, Sgd, Training
from distgroup.training.stack import Stack

CPU = torch.device("cpu")

GROUPS = (
    frozenset({"height"}),
    frozenset({"colour", "light"}),
    frozenset({"height", "light", "colour", "width"}),
)


ENCODERS = [Mlp(widths=(8,)), Mlp(widths=(8, 5)), Cnn(shape=(1, 3, 4), channels=(3,), widths=(5,))]


class Plain(torch.nn.Module):
    """One network as anybody would write it: an encoder of torch's layers, one Linear head a task of its group."""

    def __init__(self, stack, row):
        super().__init__()
        self.encoder = plain_encoder(stack, row)
        group = stack.groups[row % len(stack.groups)]
        self.heads = torch.nn.ModuleDict()
        for task, own in head_slices(stack.data.tasks).items():
            if task in group:
                self.heads[task] = linear(stack.layers.head[0][row, own], stack.layers.head[1][row, own, 0])

    def loss(self, task_set, rows):
        """Sum over the group's tasks of the mean loss over the rows that have the label."""
        split = task_set.splits["train"]
        hidden = self.encoder(torch.tensor(split.inputs[rows]))
        total = 0.0
        for i, task in enumerate(task_set.tasks):
            if task.name in self.heads:
                label = torch.tensor(split.labels[rows, i])
                known = ~label.isnan()
                each = row_loss(task.kind, self.heads[task.name](hidden), label.nan_to_num())
                total = total + (each * known).sum() / known.sum().clamp(min=1)
        return total


def linear(weight, bias):
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
    layer.load_state_dict({"weight": weight.detach().clone(), "bias": bias.detach().clone()})
    return layer


def head_slices(tasks):
    found, at = {}, 0
    for task in tasks:
        found[task.name] = slice(at, at + task.outputs)
        at += task.outputs
    return found


def row_loss(kind, logits, label):
    if kind == "regression":
        return functional.mse_loss(logits[:, 0], label, reduction="none")
    if kind == "binary":
        return functional.binary_cross_entropy_with_logits(logits[:, 0], label, reduction="none")
    return functional.cross_entropy(logits, label.long(), reduction="none")


def assert_same(stack, row, plain):
    for pair, expected in zip(stack.layers.encoder, layers_of(plain.encoder), strict=True):
        for found, part in zip(pair, expected, strict=True):
            torch.testing.assert_close(found[row], part, rtol=0, atol=1e-12)
    for task, own in head_slices(stack.data.tasks).items():
        if task in plain.heads:
            head = plain.heads[task]
            torch.testing.assert_close(stack.layers.head[0][row, own], head.weight.data, rtol=0, atol=1e-12)
            torch.testing.assert_close(stack.layers.head[1][row, own, 0], head.bias.data, rtol=0, atol=1e-12)


def make_stack(task_set, seeds=(3, 11), groups=GROUPS, encoder=ENCODERS[0], dtype=torch.float64, **training):
    settings = {"batch_size": 6, "optimizer": Adam(lr=0.01)} | training
    data = Data(task_set, task_set.names, CPU, dtype)
    return Stack(data, encoder, Training(**settings), seeds, groups)


OPTIMIZERS = {
    "adam": (Adam(lr=0.01), lambda parameters: torch.optim.Adam(parameters, lr=0.01)),
    "sgd": (Sgd(lr=0.1), lambda parameters: torch.optim.SGD(parameters, lr=0.1)),
    "momentum": (Sgd(lr=0.05, momentum=0.9), lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9)),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("missing", [0.0, 0.3, 0.85])
def test_each_step_is_that_of_plain_modules(optimizer, encoder, missing):
    """Two seeds × three groups; 0.85 leaves whole batches without any label of a task."""
    task_set = make_task_set(missing=missing, features=12)
    own, plain_optimizer = OPTIMIZERS[optimizer]
    stack = make_stack(task_set, encoder=encoder, optimizer=own)
    networks = [Plain(stack, row) for row in range(len(stack))]
    optimizers = [plain_optimizer(network.parameters()) for network in networks]
    batches = [Batches(seed, 40, 6) for seed in stack.seeds]
    without = 0
    for step in range(12):
        stack.step()
        for row, (network, other) in enumerate(zip(networks, optimizers, strict=True)):
            rows = batches[row // len(GROUPS)](step)
            without += torch.tensor(task_set.splits["train"].labels[rows]).isnan().all(0).any()
            other.zero_grad(set_to_none=False)
            network.loss(task_set, rows).backward()
            other.step()
            assert_same(stack, row, network)
    assert stack.steps_done == 12
    assert (without > 0) == (missing == 0.85)


def test_a_batch_larger_than_the_task_set_trains_as_plain_modules():
    task_set = make_task_set(rows={"train": 10, "val": 24, "test": 24})
    stack = make_stack(task_set, batch_size=26)
    networks = [Plain(stack, row) for row in range(len(stack))]
    optimizers = [torch.optim.Adam(network.parameters(), lr=0.01) for network in networks]
    for step in range(4):
        stack.step()
        for row, (network, other) in enumerate(zip(networks, optimizers, strict=True)):
            other.zero_grad(set_to_none=False)
            network.loss(task_set, Batches(stack.seeds[row // 3], 10, 26)(step)).backward()
            other.step()
            assert_same(stack, row, network)


@pytest.mark.parametrize("optimizer", [Adam(lr=0.01), Sgd(lr=0.1, momentum=0.9)])
def test_heads_of_tasks_outside_the_group_never_move(optimizer):
    stack = make_stack(make_task_set(), optimizer=optimizer)
    before = stack.parameters.clone()
    stack.train(10)
    first = stack.network.layers(before)
    foreign = stack.members[:, stack.network.task_of_output] == 0
    assert torch.equal(stack.layers.head[0][foreign], first.head[0][foreign])
    assert torch.equal(stack.layers.head[1][foreign], first.head[1][foreign])
    assert not torch.isclose(stack.layers.head[0][~foreign], first.head[0][~foreign]).any()


def test_networks_of_a_seed_start_alike_and_seeds_differ():
    stack = make_stack(make_task_set())
    first, other = stack.parameters[:3], stack.parameters[3:]
    assert torch.equal(first[0], first[1])
    assert torch.equal(first[0], first[2])
    assert not torch.equal(first[0], other[0])


def test_training_in_two_goes_is_training_in_one():
    task_set = make_task_set(missing=0.2)
    whole, parts = make_stack(task_set), make_stack(task_set)
    whole.train(13)
    parts.train(4)
    parts.train(9)
    assert torch.equal(whole.parameters, parts.parameters)


def test_task_losses_are_the_means_over_labels_that_are_there():
    task_set = make_task_set(missing=0.85)
    stack = make_stack(task_set)
    for step in range(8):
        inputs, targets, share = stack.batch(step)
        losses = stack.task_losses(stack.forward(inputs), targets, share)
        everything = Plain(stack, 2)
        rows = Batches(3, 40, 6)(step)
        total = everything.loss(task_set, rows)
        torch.testing.assert_close(losses[2].sum(), total.detach(), rtol=0, atol=1e-12)
        known = ~torch.tensor(task_set.splits["train"].labels[rows]).isnan()
        for i, task in enumerate(task_set.tasks):
            if not known[:, i].any():
                assert losses[2, stack.data.names.index(task.name)] == 0


def test_logits_are_those_of_plain_modules_beyond_one_block_of_rows():
    task_set = make_task_set(rows={"train": 40, "val": 24, "test": 1100})
    stack = make_stack(task_set, encoder=Mlp(widths=(8, 5)))
    stack.train(3)
    logits = stack.logits("test")
    assert logits.shape == (6, 6, 1100)
    inputs = torch.tensor(task_set.splits["test"].inputs)
    for row in range(len(stack)):
        plain = Plain(stack, row)
        for task, own in head_slices(stack.data.tasks).items():
            if task in plain.heads:
                expected = plain.heads[task](plain.encoder(inputs)).T.detach()
                torch.testing.assert_close(logits[row, own], expected, rtol=0, atol=1e-12)


def test_divergence_names_group_seed_and_rate():
    stack = make_stack(make_task_set(), optimizer=Sgd(lr=0.1))
    stack.train(2)
    stack.parameters[4, 7] = float("nan")
    with pytest.raises(DivergedError, match=r"network colour\+light, seed 11, diverged within 2 steps.*\(0\.1\)"):
        stack.check()
    with pytest.raises(DivergedError):
        make_stack(make_task_set(), optimizer=Sgd(lr=1e6), dtype=torch.float32).train(50)
