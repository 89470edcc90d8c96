import itertools

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from distgroup.tasks.task import Task
from distgroup.training.losses import blocks, errors_, head_order, row_losses

MIXED = head_order(
    (
        Task("a", "regression"),
        Task("b", "binary"),
        Task("c", "multiclass", 3),
        Task("d", "multiclass", 4),
        Task("e", "binary"),
        Task("f", "multiclass", 3),
    )
)
OUTPUTS = sum(task.outputs for task in MIXED)


@st.composite
def task_tuples(draw):
    shapes = draw(st.lists(st.sampled_from([("regression", 1), ("binary", 1), ("multiclass", 3), ("multiclass", 5)])))
    return tuple(Task(f"t{i}", kind, outputs) for i, (kind, outputs) in enumerate(shapes))


def random_targets(generator, networks, rows):
    """Targets in the layout of `MIXED`, as labels give them."""
    columns = []
    for task in MIXED:
        shape = networks, rows
        if task.kind == "multiclass":
            drawn = torch.randint(task.outputs, shape, generator=generator)
            columns.append(functional.one_hot(drawn, task.outputs).double().transpose(1, 2))
        elif task.kind == "binary":
            columns.append(torch.randint(2, shape, generator=generator).double()[:, None])
        else:
            columns.append(torch.randn(shape, generator=generator, dtype=torch.float64)[:, None])
    return torch.cat(columns, 1)


@given(task_tuples())
def test_head_order_sorts_by_kind_and_width_and_keeps_the_order_within(tasks):
    ordered = head_order(tasks)
    assert set(ordered) == set(tasks)
    assert len(ordered) == len(tasks)
    assert head_order(ordered) == ordered
    shapes = [(task.kind, task.outputs) for task in ordered]
    assert sum(a != b for a, b in itertools.pairwise(shapes)) == max(len(set(shapes)) - 1, 0)
    for shape in set(shapes):
        assert [t for t in ordered if (t.kind, t.outputs) == shape] == [
            t for t in tasks if (t.kind, t.outputs) == shape
        ]


@given(task_tuples())
def test_blocks_tile_tasks_and_outputs(tasks):
    ordered = head_order(tasks)
    task = output = 0
    for block in blocks(ordered):
        own = ordered[block.tasks]
        assert (block.tasks.start, block.outputs.start) == (task, output)
        assert {(one.kind, one.outputs) for one in own} == {(block.kind, block.width)}
        assert block.outputs.stop - block.outputs.start == sum(one.outputs for one in own)
        task, output = block.tasks.stop, block.outputs.stop
    assert (task, output) == (len(tasks), sum(one.outputs for one in tasks))
    assert len(blocks(ordered)) == len({(one.kind, one.outputs) for one in tasks})


def test_row_losses_are_torchs():
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(2, OUTPUTS, 7, generator=generator, dtype=torch.float64)
    targets = random_targets(generator, 2, 7)
    found = row_losses(logits, targets, blocks(MIXED))
    assert found.shape == (2, len(MIXED), 7)
    at = 0
    for i, task in enumerate(MIXED):
        z, y = logits[:, at : at + task.outputs], targets[:, at : at + task.outputs]
        at += task.outputs
        if task.kind == "multiclass":
            expected = functional.cross_entropy(z, y.argmax(1), reduction="none")
        elif task.kind == "binary":
            expected = functional.binary_cross_entropy_with_logits(z[:, 0], y[:, 0], reduction="none")
        else:
            expected = functional.mse_loss(z[:, 0], y[:, 0], reduction="none")
        torch.testing.assert_close(found[:, i], expected, rtol=1e-12, atol=1e-12)


@given(st.integers(0, 10**6), st.sampled_from([0.1, 1.0, 30.0]))
def test_errors_are_the_gradient_of_row_losses(seed, scale):
    generator = torch.Generator().manual_seed(seed)
    logits = (scale * torch.randn(2, OUTPUTS, 3, generator=generator, dtype=torch.float64)).requires_grad_()
    targets = random_targets(generator, 1, 3)
    (expected,) = torch.autograd.grad(row_losses(logits, targets, blocks(MIXED)).sum(), logits)
    found = logits.detach().clone()
    assert errors_(found, targets, blocks(MIXED)) is found
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_huge_logits_stay_finite_in_single_precision():
    logits = torch.full((1, OUTPUTS, 2), 1e4)
    logits[..., 1] *= -1
    targets = random_targets(torch.Generator().manual_seed(0), 1, 2).float()
    assert row_losses(logits, targets, blocks(MIXED)).isfinite().all()
    assert errors_(logits, targets, blocks(MIXED)).isfinite().all()


def test_the_loss_of_a_sure_and_right_answer_is_not_lost_to_rounding():
    logits, heads = torch.tensor([[[12.0, 25.0]]]), blocks((Task("b", "binary"),))
    found = row_losses(logits, torch.ones(1, 1, 2), heads)
    torch.testing.assert_close(found, torch.tensor([[[6.1441935e-06, 1.3887944e-11]]]), rtol=1e-5, atol=0)
