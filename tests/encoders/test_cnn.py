"""A stack of convolutional encoders is the same arithmetic as torch's convolutions and autograd of each network."""

from itertools import product

import pytest
import torch
from builders import KINDS, make_task_set
from pydantic import ValidationError
from torch.nn import functional

from distgroup.encoders import Cnn
from distgroup.errors import RequestError
from distgroup.models import Network, Workspace, backward, forward

TASKS = (KINDS["light"], KINDS["colour"], KINDS["height"])
SHAPES = {
    "plain": Cnn(shape=(1, 4, 6), channels=(3,), widths=(5,)),
    "two channels, two convolutions": Cnn(shape=(2, 4, 6), channels=(3, 4), widths=(6, 5)),
    "a line and a column left over": Cnn(shape=(1, 5, 7), channels=(2, 3), widths=(4,)),
    "nothing pooled": Cnn(shape=(2, 3, 4), channels=(3, 2), pool=1, widths=(5,)),
    "wide kernel, pooled by three": Cnn(shape=(1, 6, 7), channels=(3,), kernel=5, pool=3, widths=(4,)),
    "no fully connected layer": Cnn(shape=(1, 4, 4), channels=(3,), widths=()),
    "a kernel of one": Cnn(shape=(3, 2, 2), channels=(2,), kernel=1, widths=(3,)),
}


def plain_forward(network, layers, inputs):
    """As `forward`, network by network, with nothing but torch's differentiable operations."""
    encoder, depth = network.encoder, len(network.encoder.channels)
    logits = []
    for i, rows in enumerate(inputs):
        below = rows.unflatten(1, encoder.shape)
        for weight, bias in layers.encoder[:depth]:
            convolved = torch.relu(functional.conv2d(below, weight[i], bias[i], padding=encoder.kernel // 2))
            below = functional.max_pool2d(convolved, encoder.pool)
        below = below.flatten(1)
        for weight, bias in layers.encoder[depth:]:
            below = torch.relu(below @ weight[i] + bias[i])
        logits.append(layers.head[0][i] @ below.T + layers.head[1][i])
    return torch.stack(logits)


@pytest.mark.parametrize(("shape", "shared"), list(product(SHAPES, (True, False))))
def test_forward_and_backward_are_autograds(shape, shared):
    """Whether the networks share their inputs or have some of their own."""
    encoder = SHAPES[shape]
    features = torch.Size(encoder.shape).numel()
    network = Network(encoder, features, TASKS)
    generator = torch.Generator().manual_seed(0)
    flat = torch.randn(3, network.parameters, generator=generator, dtype=torch.float64).requires_grad_()
    inputs = torch.randn(3, 9, features, generator=generator, dtype=torch.float64)
    inputs = inputs[:1].expand(3, -1, -1) if shared else inputs
    error = torch.randn(3, network.outputs, 9, generator=generator, dtype=torch.float64)
    expected = plain_forward(network, network.layers(flat), inputs)
    (gradient,) = torch.autograd.grad((expected * error).sum(), flat)

    flat = flat.detach()
    space, found = Workspace(network, 3, 9, flat), torch.zeros_like(flat)
    for _ in range(2):  # the buffers may hold what an earlier step has left
        logits = forward(network.layers(flat), inputs, space)
        torch.testing.assert_close(logits, expected.detach(), rtol=1e-12, atol=1e-12)
        backward(network.layers(flat), inputs, space, error, network.layers(found))
    torch.testing.assert_close(found, gradient, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_layers_are_disjoint_views_encoder_first(shape):
    encoder = SHAPES[shape]
    features = torch.Size(encoder.shape).numel()
    network = Network(encoder, features, TASKS)
    flat = torch.zeros(2, network.parameters)
    layers = network.layers(flat)
    for tensor in (tensor for pair in (*layers.encoder, layers.head) for tensor in pair):
        tensor.add_(1)
    module = encoder.module(features, seed=0)
    assert flat.max() == 1
    assert flat[:, : network.shared].sum() == 2 * sum(part.numel() for part in module.parameters())


def test_it_makes_as_many_numbers_as_it_says():
    for encoder in SHAPES.values():
        features = torch.Size(encoder.shape).numel()
        module = encoder.module(features, seed=0)
        assert module(torch.zeros(2, features, dtype=torch.float64)).shape == (2, encoder.width(features))


def test_a_shape_that_is_not_the_datas_is_refused():
    features = make_task_set().features
    message = r"model\.encoder\.shape: found \[1, 4, 6\], 24 numbers; a row of the data has 5 inputs"
    for use in (Cnn.check, Cnn.body, Cnn.width):
        with pytest.raises(RequestError, match=message):
            use(SHAPES["plain"], features)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": (1, 8, 8), "kernel": 4}, "must be odd"),
        ({"shape": (1, 3, 8)}, "at least 4; shape has 3 and 8"),
        ({"shape": (1, 8, 8), "channels": ()}, "at least 1"),
        ({}, "Field required"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(ValidationError, match=message):
        Cnn(**options)
