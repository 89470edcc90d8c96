"""A network as a torch module is the stack's network."""

import pytest
import torch
from builders import KINDS, make_task_set

from distgroup.encoders import Cnn, Mlp
from distgroup.training.data import Data
from distgroup.training.module import build
from distgroup.training.settings import Adam, Training
from distgroup.training.stack import Stack

CPU = torch.device("cpu")
SEED = 7
ENCODERS = [Mlp(widths=(8,)), Mlp(widths=(6, 4)), Cnn(shape=(1, 3, 4), channels=(3,), widths=(5,))]
FEATURES = 12


def stack_of(encoder, groups):
    task_set = make_task_set(features=FEATURES)
    data = Data(task_set, task_set.names, CPU, torch.float64)
    return Stack(data, encoder, Training(batch_size=6, optimizer=Adam(lr=0.01)), [SEED], groups)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_module_starts_as_the_stack_does(encoder):
    group = frozenset(make_task_set().names)
    stack = stack_of(encoder, [group])
    module = build(encoder, FEATURES, make_task_set().tasks, SEED)
    assert tuple(task.name for task in module.tasks) == stack.data.names
    inputs = stack.data.splits["val"].inputs
    torch.testing.assert_close(module(inputs).T[None], stack.logits("val"), rtol=0, atol=1e-14)


def test_a_network_of_fewer_tasks_has_the_same_numbers():
    """Whatever else it is built with, and in what order; and nothing is drawn from torch's own generator."""
    before = torch.get_rng_state()
    whole = build(ENCODERS[1], FEATURES, make_task_set().tasks, SEED)
    part = build(ENCODERS[1], FEATURES, [KINDS["height"], KINDS["colour"]], SEED)
    assert torch.equal(torch.get_rng_state(), before)
    assert [task.name for task in part.tasks] == ["colour", "height"]
    for ours, theirs in zip(part.encoder.parameters(), whole.encoder.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    for name in ("height", "colour"):
        assert torch.equal(part.head(name).weight, whole.head(name).weight)
        assert torch.equal(part.head(name).bias, whole.head(name).bias)
    assert not torch.isclose(whole.head("height").weight, whole.head("width").weight).any()
