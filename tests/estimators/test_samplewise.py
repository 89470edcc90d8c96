"""Per-sample distances without the gradients, against `torch.func` with them."""

import numpy as np
import pytest
import torch
from problems import hide, mixed, split_labels
from torch import vmap
from torch.func import grad
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss, normalize

from distgroup.estimators.sample_gradients import across
from distgroup.estimators.samplewise import Samplewise, affinity, samples
from distgroup.models import Network
from distgroup.training.data import Data

CPU = torch.device("cpu")
LOSS = {"regression": mse_loss, "binary": binary_cross_entropy_with_logits, "multiclass": cross_entropy}


def per_sample_gradients(data, problem, init, rows):
    """Autograd's, [tasks, rows, shared], for rows of which no label is missing."""
    train = data.splits["train"]
    network = Network(problem.encoder, problem.task_set.features, data.tasks)
    start = network.initialise(init).to(torch.float64)

    def loss(shared, task, x, y):
        layers = network.layers(torch.cat([shared, start[network.shared :]])[None])
        for weight, bias in layers.encoder:
            x = torch.relu(x @ weight[0] + bias[0, 0])
        own = [i for i, owner in enumerate(network.task_of_output) if owner == task]
        logits = layers.head[0][0, own] @ x + layers.head[1][0, own, 0]
        return LOSS[data.tasks[task].kind](logits, y[own])

    return torch.stack(
        [
            vmap(grad(loss), in_dims=(None, None, 0, 0))(
                start[: network.shared], task, train.inputs[rows], train.targets[rows]
            )
            for task in range(len(data.tasks))
        ]
    )


@pytest.fixture(scope="module")
def both():
    problem = mixed()
    data = Data(problem.task_set, problem.task_set.names, CPU, torch.float64)
    rows = data.splits["train"].valid.all(1).nonzero()[:20, 0]
    (part,) = samples(data, problem.encoder, [7], rows)
    return part, per_sample_gradients(data, problem, 7, rows)


def test_l1_is_that_of_autograds_gradients(both):
    part, reference = both
    for task in range(4):
        expected = (reference - reference[task]).abs().sum(2)
        torch.testing.assert_close(part.apart("l1", task)[0], expected)


def test_cosine_is_that_of_autograds_gradients(both):
    part, reference = both
    unit = normalize(reference, dim=2)
    for task in range(4):
        torch.testing.assert_close(part.apart("cosine", task)[0], 1 - (unit * unit[task]).sum(2))


def test_sign_disagreement_is_that_of_autograds_gradients(both):
    part, reference = both
    parameters = 6 * 8 + 8
    for task in range(4):
        expected = (reference.sign() != reference[task].sign()).sum(2) / parameters
        torch.testing.assert_close(part.apart("sign_disagreement", task)[0], expected.double())


@pytest.mark.parametrize("distance", ["l1", "sign_disagreement", "cosine"])
def test_across_agrees_with_apart_on_one_sample(both, distance):
    part, _ = both
    for row in range(3):
        a, b = (part.gradient(task)[:, row, None] for task in (0, 1))
        torch.testing.assert_close(across(a, b, distance), part.apart(distance, 0)[0, 1, row])


def test_tasks_without_a_common_row_are_compared_across_rows():
    found = Samplewise().estimate(split_labels(mixed()), (0,), CPU)
    assert np.isfinite(found.affinity).all()
    assert (np.diag(found.affinity[0]) == 1).all()


def test_pairs_count_the_rows_that_have_both():
    problem = mixed()
    whole = Samplewise(samples=96).estimate(problem, (0,), CPU).affinity
    fewer = Samplewise(samples=96).estimate(hide(problem, np.arange(40), 0.0), (0,), CPU).affinity
    assert not np.allclose(whole, fewer)


def test_affinity_by_hand():
    distance = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]])
    np.testing.assert_allclose(affinity(distance)[0], [1, np.exp(-0.5), np.exp(-1)])
    assert (affinity(np.zeros((2, 2))) == 1).all()
