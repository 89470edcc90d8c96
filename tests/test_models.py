import itertools
import math

import numpy as np
import pytest
import torch
from builders import KINDS

from distgroup.encoders import Mlp
from distgroup.encoders.base import aligned
from distgroup.models import Network, Workspace, backward, forward

TASKS = (KINDS["light"], KINDS["colour"], KINDS["height"], KINDS["width"])


def random_stack(network, networks, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(networks, network.parameters, generator=generator, dtype=torch.float64)


def plain_forward(layers, inputs):
    """As `forward`, with nothing but differentiable operations."""
    below = inputs
    for weight, bias in layers.encoder:
        below = torch.relu(below @ weight + bias)
    return layers.head[0] @ below.transpose(1, 2) + layers.head[1]


@pytest.mark.parametrize("widths", [(6,), (6, 4), (16, 3, 5)])
def test_forward_and_backward_are_autograds(widths):
    network = Network(Mlp(widths=widths), 7, TASKS)
    flat = random_stack(network, 3).requires_grad_()
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(3, 9, 7, generator=generator, dtype=torch.float64)
    error = torch.randn(3, network.outputs, 9, generator=generator, dtype=torch.float64)
    expected = plain_forward(network.layers(flat), inputs)
    (gradient,) = torch.autograd.grad((expected * error).sum(), flat)

    flat = flat.detach()
    space, found = Workspace(network, 3, 9, flat), torch.zeros_like(flat)
    torch.testing.assert_close(forward(network.layers(flat), inputs, space), expected.detach(), rtol=0, atol=1e-11)
    backward(network.layers(flat), inputs, space, error, network.layers(found))
    torch.testing.assert_close(found, gradient, rtol=0, atol=1e-10)


@pytest.mark.parametrize("widths", [(6,), (16, 3, 5)])
def test_layers_are_disjoint_views_encoder_first(widths):
    network = Network(Mlp(widths=widths), 7, TASKS)
    flat = torch.zeros(1, network.parameters)
    layers = network.layers(flat)
    encoder = [tensor for pair in layers.encoder for tensor in pair]
    for tensor in [*encoder, *layers.head]:
        tensor.add_(1)
    assert flat.max() == 1
    sizes = [7 * widths[0] + widths[0], *(a * b + b for a, b in itertools.pairwise(widths))]
    assert flat[:, : network.shared].sum() == sum(sizes)
    assert flat[:, network.shared :].sum() == network.outputs * widths[-1] + network.outputs


def test_every_layer_starts_on_a_cache_line():
    assert [aligned(length) for length in (1, 16, 17)] == [16, 16, 32]
    network = Network(Mlp(widths=(6, 5)), 7, TASKS)
    layers = network.layers(torch.zeros(1, network.parameters))
    offsets = [tensor.storage_offset() for pair in (*layers.encoder, layers.head) for tensor in pair]
    assert all(offset % 16 == 0 for offset in offsets)
    assert network.parameters % 16 == 0


def test_outputs_belong_to_their_tasks():
    network = Network(Mlp(widths=(6,)), 7, TASKS)
    assert network.outputs == 6
    assert network.task_of_output == [0, 1, 1, 1, 2, 3]


def test_initial_values_are_uniform_within_one_over_root_fan_in():
    network = Network(Mlp(widths=(50, 20)), 100, TASKS)
    layers = network.layers(network.initialise(0)[None])
    fan_in = [100, 50, 20]
    for (weight, bias), inputs in zip((*layers.encoder, layers.head), fan_in, strict=True):
        for tensor in (weight, bias):
            assert tensor.abs().max() <= 1 / math.sqrt(inputs)
        assert weight.abs().max() > 0.8 / math.sqrt(inputs)
        assert weight.std() == pytest.approx(1 / math.sqrt(3 * inputs), rel=0.15)


def test_a_task_starts_alike_in_every_network_of_a_seed():
    """Whatever the other tasks and the order."""
    all_tasks = Network(Mlp(widths=(6, 5)), 7, TASKS)
    turned = Network(Mlp(widths=(6, 5)), 7, TASKS[::-1])
    alone = Network(Mlp(widths=(6, 5)), 7, TASKS[1:2])
    starts = {network: network.initialise(4) for network in (all_tasks, turned, alone)}
    for flat in starts.values():
        assert torch.equal(flat[: all_tasks.shared], starts[all_tasks][: all_tasks.shared])
    heads = {network: network.layers(flat[None]).head for network, flat in starts.items()}
    colour = {all_tasks: slice(1, 4), turned: slice(2, 5), alone: slice(0, 3)}
    for network, (weight, bias) in heads.items():
        assert torch.equal(weight[:, colour[network]], heads[alone][0])
        assert torch.equal(bias[:, colour[network]], heads[alone][1])


def test_seeds_and_tasks_start_differently():
    network = Network(Mlp(widths=(6,)), 7, TASKS)
    assert not np.isclose(network.initialise(0), network.initialise(1)).all()
    weight, _ = network.layers(network.initialise(0)[None]).head
    assert not torch.isclose(weight[0, 4], weight[0, 5]).any()
