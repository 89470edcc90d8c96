"""One network, its groups in turn: what the stack and the selective stack give, on one rank."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import make_problem, make_task_set

from distgroup.encoders import Python
from distgroup.errors import DivergedError
from distgroup.grouping import Grouping
from distgroup.training.comm import Ranks
from distgroup.training.data import Data
from distgroup.training.evaluate import evaluate
from distgroup.training.grouped import Grouped
from distgroup.training.regrouping import Adaptive
from distgroup.training.selective import Selective
from distgroup.training.settings import Adam, Parallel, Sgd
from distgroup.training.stack import Stack
from distgroup.training.tracking import Tracking

CPU = torch.device("cpu")
STEPS = 14

JOINT = Grouping.parse("height+light+colour+width")
PAIRS = Grouping.parse("height+light|colour+width")
SINGLE = Grouping.parse("height|light|colour|width")

OPTIMIZERS = {"adam": Adam(lr=0.01), "sgd": Sgd(lr=0.1), "momentum": Sgd(lr=0.05, momentum=0.9)}

CANDIDATES = {
    "joint": JOINT,
    "pairs": PAIRS,
    "singletons": SINGLE,
    "auto": Adaptive(warm_up=3, regroup_every=2),
    "two": Adaptive(num_groups=2, warm_up=5, regroup_every=1),
    "once": Adaptive(num_groups=3, warm_up=4, regroup_every="never"),
}


def small(missing=0.0, **training):
    """0.85 missing leaves tasks and whole groups without a label in a batch."""
    settings = {"steps": STEPS, "batch_size": 6} | training
    return make_problem(make_task_set(missing=missing), widths=(8, 5), **settings)


def grouped(problem, candidate, tracking=None, names=None, seed=3):
    data = Data(problem.task_set, names or problem.task_set.names, CPU, torch.float64)
    return Grouped(problem, data, seed, candidate, tracking, Ranks())


def train(network, steps=STEPS):
    for _ in range(steps):
        network.step()
    return network


def batch_losses(stack):
    """Of every task on the stack's next batch; NaN without a label."""
    inputs, targets, share = stack.batch(stack.steps_done)
    losses = stack.task_losses(stack.forward(inputs), targets, share)[0].numpy()
    return np.where(losses > 0, losses, np.nan)


def assert_same(network, stack, row=0):
    for split in ("train", "val", "test"):
        torch.testing.assert_close(network.replica.logits(split)[0], stack.logits(split)[row], rtol=0, atol=1e-11)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("missing", [0.0, 0.85])
@pytest.mark.parametrize("candidate", CANDIDATES)
def test_every_step_is_that_of_the_selective_stack(candidate, missing, optimizer):
    """Losses of each step, affinity, groupings and what the network computes at the end."""
    problem, tracking = small(missing, optimizer=OPTIMIZERS[optimizer]), Tracking(beta=0.2, credit_last_every=3)
    network = grouped(problem, CANDIDATES[candidate], tracking)
    stacked = Selective(
        network.data,
        problem.encoder,
        problem.training,
        [3],
        [CANDIDATES[candidate]],
        Tracking(beta=0.2, credit_last_every=3),
    )
    for step in range(STEPS):
        expected = batch_losses(stacked.stack)
        stacked.step()
        network.step()
        np.testing.assert_allclose(network.losses[step], expected, rtol=0, atol=1e-11)
    assert_same(network, stacked.stack)
    torch.testing.assert_close(network.affinity, stacked.affinity, rtol=0, atol=1e-11)
    made = [(one.step, one.grouping) for one in stacked.regroupings[0]]
    assert [(one.step, one.grouping) for one in network.regroupings] == made
    for ours, theirs in zip(network.regroupings, stacked.regroupings[0], strict=True):
        np.testing.assert_allclose(ours.affinity, theirs.affinity, rtol=0, atol=1e-11)


def test_the_released_credit_is_that_of_the_selective_stack():
    problem, tracking = small(0.3), Tracking(beta=0.2, credit="as_released")
    network = train(grouped(problem, CANDIDATES["two"], tracking))
    stacked = Selective(network.data, problem.encoder, problem.training, [3], [CANDIDATES["two"]], tracking)
    stacked.train(STEPS)
    torch.testing.assert_close(network.affinity, stacked.affinity, rtol=0, atol=1e-11)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("missing", [0.0, 0.85])
def test_a_group_alone_is_the_stacks_network_of_that_group(missing, optimizer):
    problem, group = small(missing, optimizer=OPTIMIZERS[optimizer]), frozenset({"light", "width"})
    network = train(grouped(problem, Grouping.of([group]), names=group))
    stack = Stack(network.data, problem.encoder, problem.training, [3], [group])
    stack.train(STEPS)
    assert_same(network, stack)
    for split in ("val", "test"):
        ours, theirs = evaluate(network.replica, split), evaluate(stack, split)
        np.testing.assert_allclose(ours.loss, theirs.loss, rtol=0, atol=1e-11)
        np.testing.assert_allclose(ours.metric, theirs.metric, rtol=0, atol=1e-11)


@pytest.mark.parametrize("parts", [2, 3, 50])
def test_a_batch_may_be_taken_in_parts(parts):
    whole, apart = (small(0.5, parallel=Parallel(accumulate=count)) for count in (1, parts))
    whole, apart = (train(grouped(problem, CANDIDATES["two"], Tracking())) for problem in (whole, apart))
    torch.testing.assert_close(apart.replica.logits("val"), whole.replica.logits("val"), rtol=0, atol=1e-11)
    torch.testing.assert_close(apart.affinity, whole.affinity, rtol=0, atol=1e-11)
    np.testing.assert_allclose(apart.losses, whole.losses, rtol=0, atol=1e-11)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_goes_on_from_a_state_as_if_never_stopped(optimizer):
    """Bit for bit; heads that have not acted yet have no optimizer state to come back."""
    problem = small(0.3, optimizer=OPTIMIZERS[optimizer])
    whole, first, second = (grouped(problem, CANDIDATES["two"], Tracking(beta=0.2)) for _ in range(3))
    train(whole)
    second.load(train(first, 6).state())
    train(second, STEPS - 6)
    assert torch.equal(second.replica.logits("val"), whole.replica.logits("val"))
    assert torch.equal(second.affinity, whole.affinity)
    np.testing.assert_array_equal(second.losses, whole.losses)
    assert [one.grouping for one in second.regroupings] == [one.grouping for one in whole.regroupings]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_heads_outside_the_group_do_not_move(optimizer):
    network = grouped(small(optimizer=OPTIMIZERS[optimizer]), PAIRS)
    train(network, 3)
    parts, _ = network._parts(3)
    before = {name: value.clone() for name, value in network.replica.model.state_dict().items()}
    network.replica.gradient(parts, frozenset({"light"}), 3)
    network.replica.optimizer.step()
    light = network.data.names.index("light")
    for name, value in network.replica.model.state_dict().items():
        moves = not name.startswith("heads") or name.startswith(f"heads.{light}.")
        assert torch.equal(value, before[name]) != moves


def test_single_precision_comes_close():
    problem = small(0.3)
    exact = train(grouped(problem, PAIRS))
    data = Data(problem.task_set, problem.task_set.names, CPU, torch.float32)
    single = train(Grouped(problem, data, 3, PAIRS, None, Ranks()))
    coarse = train(Grouped(problem, data, 3, PAIRS, None, Ranks(), "bf16"))
    expected = exact.replica.logits("val").float()
    torch.testing.assert_close(single.replica.logits("val"), expected, rtol=0, atol=1e-4)
    torch.testing.assert_close(coarse.replica.logits("val"), expected, rtol=0, atol=0.1)
    assert not torch.equal(coarse.replica.logits("val"), single.replica.logits("val"))


def test_divergence_names_task_step_group_and_rate():
    network = train(grouped(small(optimizer=Sgd(lr=0.1)), PAIRS), 2)
    network.replica.model.head("light").bias.data.fill_(float("nan"))
    with pytest.raises(DivergedError, match=r"task 'light' is nan at step 2, group .*, seed 3; .*lr \(0\.1\)"):
        network.step()
    with pytest.raises(DivergedError, match=r"no longer finite after 2 steps"):
        network.check()


@pytest.fixture
def noisy():
    encoder = Python(path="noisy_encoder:Noisy")
    encoder.bind(Path(__file__).parent)
    return replace(small(), encoder=encoder)


def test_dropout_is_drawn_alike_before_and_after_a_step_and_by_the_step(noisy):
    network = grouped(noisy, PAIRS)
    parts, _ = network._parts(0)
    assert torch.equal(network.replica.look(parts, 0), network.replica.look(parts, 0))
    assert not torch.equal(network.replica.look(parts, 0), network.replica.look(parts, 1))
    torch.testing.assert_close(network.replica.gradient(parts, JOINT.groups[0], 0), network.replica.look(parts, 0))


def test_looking_leaves_running_statistics_alone_and_stepping_moves_them(noisy):
    network = grouped(noisy, PAIRS)
    parts, _ = network._parts(0)
    statistics = network.replica.model.encoder.layers[1]
    network.replica.look(parts, 0)
    assert not statistics.running_mean.any()
    assert statistics.num_batches_tracked == 0
    fixed = network.replica.model.encoder.layers[0].bias.clone()
    train(network, 2)
    assert statistics.running_mean.all()
    assert statistics.num_batches_tracked == 4
    assert torch.equal(network.replica.model.encoder.layers[0].bias, fixed)
    assert torch.equal(network.replica.logits("val"), network.replica.logits("val"))
