import numpy as np
import pytest
import torch
from builders import make_task_set
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from torch.nn import functional

from distgroup.encoders import Mlp
from distgroup.training.data import Data
from distgroup.training.evaluate import evaluate, score
from distgroup.training.settings import Adam, Training
from distgroup.training.stack import Stack

GROUPS = (frozenset({"height", "light"}), frozenset({"height", "light", "colour", "width"}))


def make_stack(task_set):
    data = Data(task_set, task_set.names, torch.device("cpu"), torch.float64)
    training = Training(batch_size=8, optimizer=Adam(lr=0.01))
    stack = Stack(data, Mlp(widths=(8,)), training, (0, 1), GROUPS)
    stack.train(20)
    return stack


@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize("rows", [24, 700])
def test_loss_and_metric_over_the_rows_that_have_the_label(missing, rows):
    task_set = make_task_set(missing=missing, rows={"train": 40, "val": rows, "test": 24})
    stack = make_stack(task_set)
    found = evaluate(stack, "val")
    logits = stack.logits("val")
    labels = torch.tensor(task_set.splits["val"].labels)
    assert found.loss.shape == found.metric.shape == (4, 4)
    for network in range(4):
        at = 0
        for i, task in enumerate(stack.data.tasks):
            z = logits[network, at : at + task.outputs].T
            at += task.outputs
            label = labels[:, task_set.names.index(task.name)]
            z, y = z[~label.isnan()], label[~label.isnan()]
            if task.kind == "multiclass":
                loss, metric = functional.cross_entropy(z, y.long()), accuracy_score(y, z.argmax(1))
            elif task.kind == "binary":
                loss = functional.binary_cross_entropy_with_logits(z[:, 0], y)
                metric = roc_auc_score(y, z[:, 0])
            else:
                loss, metric = functional.mse_loss(z[:, 0], y), r2_score(y, z[:, 0])
            np.testing.assert_allclose(found.loss[network, i], loss, rtol=1e-12)
            np.testing.assert_allclose(found.metric[network, i], metric, rtol=1e-12)


def test_nothing_of_the_stack_changes():
    task_set = make_task_set()
    looked, other = make_stack(task_set), make_stack(task_set)
    evaluate(looked, "test")
    assert torch.equal(looked.parameters, other.parameters)
    looked.train(5)
    other.train(5)
    assert torch.equal(looked.parameters, other.parameters)


def test_scores_by_hand():
    truth = np.array([[0.0], [1.0], [2.0], [3.0]])
    logits = np.array([[[0.0, 1.0, 2.0, 3.0]], [[1.5, 1.5, 1.5, 1.5]]])
    np.testing.assert_allclose(score("regression", truth, logits), [1.0, 0.0])
    seen = np.array([[0.0], [1.0], [0.0], [1.0]])
    ranked = np.array([[[-3.0, 2.0, 1.0, 4.0]], [[0.0, 0.0, 0.0, 0.0]], [[-3.0, 0.0, 1.0, 4.0]]])
    np.testing.assert_allclose(score("binary", seen, ranked), [1.0, 0.5, 0.75])
    one_hot = np.eye(3)[[0, 1, 2, 2]]
    guess = np.eye(3)[[0, 1, 1, 2]].T[None]
    np.testing.assert_allclose(score("multiclass", one_hot, guess), [0.75])


def test_a_network_that_is_not_finite_scores_nan_and_others_stay():
    logits = np.array([[[0.0, 1.0, np.inf]], [[0.0, 1.0, 2.0]]])
    found = score("regression", np.array([[0.0], [1.0], [2.0]]), logits)
    assert np.isnan(found[0])
    assert found[1] == 1.0
