import numpy as np
import torch
from builders import make_task_set
from hypothesis import given
from hypothesis import strategies as st

from distgroup.tasks.task import Task
from distgroup.training.data import Batches, Data, SplitTensors

CPU = torch.device("cpu")
NAN = float("nan")


def test_targets_and_validity_by_hand():
    tasks = (Task("light", "binary"), Task("colour", "multiclass", 3), Task("height", "regression"))
    labels = torch.tensor([[1.0, 2.0, -0.5], [NAN, 0.0, NAN], [0.0, NAN, 4.0]])
    split = SplitTensors(torch.zeros(3, 2), labels, tasks)
    assert split.targets.tolist() == [[1, 0, 0, 1, -0.5], [0, 1, 0, 0, 0], [0, 0, 0, 0, 4.0]]
    assert split.valid.tolist() == [[1, 1, 1], [0, 1, 0], [1, 0, 1]]
    assert not split.complete
    assert len(split) == 3
    assert SplitTensors(torch.zeros(2, 2), labels[[0]], tasks).complete


def test_only_the_named_tasks_in_head_order_with_their_own_columns():
    task_set = make_task_set(("width", "light", "colour", "height"))
    data = Data(task_set, ["height", "light", "width"], CPU, torch.float64)
    assert data.names == ("light", "width", "height")
    for split, tensors in data.splits.items():
        raw = task_set.splits[split]
        np.testing.assert_array_equal(tensors.inputs, raw.inputs)
        np.testing.assert_array_equal(tensors.targets, raw.labels[:, [1, 0, 3]])


sizes = st.tuples(st.integers(1, 30), st.integers(1, 80))


@given(st.integers(0, 10**6), sizes)
def test_every_epoch_is_a_permutation(seed, size):
    rows, batch = size
    batches = Batches(seed, rows, batch)
    epochs = 4
    stream = torch.cat([batches(step) for step in range(-(-epochs * rows // batch))])[: epochs * rows]
    for epoch in stream.reshape(epochs, rows):
        assert sorted(epoch.tolist()) == list(range(rows))


@given(st.integers(0, 10**6), sizes, st.integers(0, 40))
def test_a_batch_can_be_computed_alone(seed, size, step):
    """Training can go on anywhere: no batch depends on those drawn before, nor on going forward."""
    rows, batch = size
    batches = Batches(seed, rows, batch)
    in_order = [batches(k) for k in range(step + 1)][-1]
    assert torch.equal(in_order, Batches(seed, rows, batch)(step))
    assert torch.equal(batches(0), Batches(seed, rows, batch)(0))
    assert in_order.shape == (batch,)


def test_epochs_and_seeds_differ():
    first = Batches(0, 50, 50)
    assert not torch.equal(first(0), first(1))
    assert not torch.equal(first(0), Batches(1, 50, 50)(0))
