"""Per-sample distances, with and without the gradients written out, against `torch.func`."""

from itertools import accumulate

import numpy as np
import pytest
import torch
from problems import hide, mixed, split_labels
from torch import vmap
from torch.func import functional_call, grad
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss, normalize

from distgroup.encoders import Cnn, Mlp
from distgroup.estimators.outer_products import outer_products
from distgroup.estimators.sample_gradients import across
from distgroup.estimators.samplewise import Samplewise, affinity
from distgroup.estimators.written_out import written_out
from distgroup.models import Network
from distgroup.training.data import Data
from distgroup.training.module import build

CPU = torch.device("cpu")
LOSS = {"regression": mse_loss, "binary": binary_cross_entropy_with_logits, "multiclass": cross_entropy}


def per_sample_gradients(data, problem, init, rows):
    """Autograd's, [tasks, rows, shared], for rows of which no label is missing."""
    train = data.splits["train"]
    network = build(problem.encoder, problem.task_set.features, data.tasks, init)
    starts = [0, *accumulate(task.outputs for task in data.tasks)]
    names = list(dict(network.encoder.named_parameters()))

    def loss(shared, task, x, y):
        held = {f"encoder.{name}": part for name, part in zip(names, shared, strict=True)}
        own = slice(starts[task], starts[task + 1])
        return LOSS[data.tasks[task].kind](functional_call(network, held, (x[None],))[0, own], y[own])

    shared = [part.detach() for part in network.encoder.parameters()]
    each = vmap(grad(loss), in_dims=(None, None, 0, 0), randomness="error")
    found = [each(shared, task, train.inputs[rows], train.targets[rows]) for task in range(len(data.tasks))]
    return torch.stack([torch.cat([part.flatten(1) for part in parts], 1) for parts in found])


MLP, CNN = Mlp(widths=(8,)), Cnn(shape=(1, 2, 3), channels=(3,), widths=(4,))


@pytest.fixture(scope="module", params=[(MLP, outer_products), (MLP, written_out), (CNN, written_out)])
def both(request):
    encoder, form = request.param
    problem = mixed(encoder=encoder)
    data = Data(problem.task_set, problem.task_set.names, CPU, torch.float64)
    rows = data.splits["train"].valid.all(1).nonzero()[:20, 0]
    network = Network(encoder, problem.task_set.features, data.tasks)
    (part,) = form(data, network, network.initialise(7)[None], rows)
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
    for task in range(4):
        expected = (reference.sign() != reference[task].sign()).double().mean(2)
        torch.testing.assert_close(part.apart("sign_disagreement", task)[0], expected)


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


def test_blocks_of_rows_make_no_difference(monkeypatch):
    problem = mixed(encoder=CNN)
    whole = Samplewise(samples=30, inits=2).estimate(problem, (0,), CPU).affinity
    monkeypatch.setattr("distgroup.estimators.written_out.BYTES_AT_ONCE", 7 * 4 * 2 * 4 * 60)
    np.testing.assert_allclose(Samplewise(samples=30, inits=2).estimate(problem, (0,), CPU).affinity, whole, rtol=1e-5)


def test_affinity_by_hand():
    distance = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]])
    np.testing.assert_allclose(affinity(distance)[0], [1, np.exp(-0.5), np.exp(-1)])
    assert (affinity(np.zeros((2, 2))) == 1).all()
