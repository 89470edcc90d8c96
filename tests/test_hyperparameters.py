"""Settings that trials choose reach the networks that are trained."""

import pytest
import torch
from builders import make_problem

from distgroup.alone import alone
from distgroup.errors import RequestError
from distgroup.hyperparameters import applied, put
from distgroup.results.store import Store
from distgroup.training.data import Data
from distgroup.training.stack import Stack

CPU = torch.device("cpu")


def stack(problem):
    names = problem.task_set.names
    return Stack(Data(problem.task_set, names, CPU), problem.encoder, problem.training, [0], [frozenset(names)])


def test_without_any_the_problem_stays():
    problem = make_problem()
    assert applied(problem, {}) is problem


def test_widths_rate_and_batch_size_reach_the_networks():
    problem = make_problem(widths=(8,))
    changed = applied(
        problem, {"model.encoder.widths": [4, 3], "training.optimizer.lr": 0.125, "training.batch_size": 5}
    )
    before, after = stack(problem), stack(changed)
    assert [tuple(weight.shape[1:]) for weight, _ in after.layers.encoder] == [(5, 4), (4, 3)]
    assert after.optimizer.param_groups[0]["lr"] == 0.125
    assert after.batch(0)[0].shape[1] == 5
    assert before.optimizer.param_groups[0]["lr"] == 0.01
    assert changed.digest != problem.digest
    assert changed.task_set is problem.task_set


def test_a_rate_changes_what_is_learned():
    problem = make_problem()
    slow, fast = (stack(applied(problem, {"training.optimizer.lr": lr})) for lr in (1e-9, 0.05))
    start = slow.parameters.clone()
    slow.train(3)
    fast.train(3)
    assert torch.allclose(slow.parameters, start, atol=1e-6)
    assert not torch.allclose(fast.parameters, start, atol=1e-2)


def test_gains_are_still_against_single_tasks_under_the_specs_own_settings(tmp_path):
    """Trained with the settings that the spec has, a trial finds what it would without the detour."""
    problem, store = make_problem(), Store(tmp_path)
    own = {"training.optimizer.lr": problem.training.optimizer.lr}
    assert applied(problem, own).digest == problem.digest
    assert alone(applied(problem, own), 0, store, CPU) == alone(problem, 0, store, CPU)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"training.rate": 1},
            "search.space.hyperparameters: unknown key 'training.rate'; allowed: model, model.encoder",
        ),
        ({"training.optimizer.lr.deep": 1}, "unknown key 'training.optimizer.lr.deep'"),
        ({"data.path": "x"}, "unknown key 'data.path'"),
        ({"training.optimizer.lr": -1}, "search.space.hyperparameters: training.optimizer.lr: found -1; "),
        ({"model.encoder.widths": []}, "search.space.hyperparameters: model.encoder.widths: found []"),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(values, said):
    with pytest.raises(RequestError) as caught:
        applied(make_problem(), values)
    assert said in str(caught.value)


def test_put_replaces_what_stands_there():
    content = {"a": {"b": 1, "c": 2}}
    put(content, "a.b", 9, "field")
    assert content == {"a": {"b": 9, "c": 2}}
    with pytest.raises(RequestError, match=r"field: unknown key 'a\.d'; allowed: a, a\.b, a\.c"):
        put(content, "a.d", 9, "field")
