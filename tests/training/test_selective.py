"""Selective updates: what plain torch modules give, whatever else is in the stack."""

import pytest
import torch
from builders import make_task_set
from training.plain_selective import PlainSelective

from distgroup.encoders import Cnn, Mlp
from distgroup.errors import DivergedError
from distgroup.grouping import Grouping
from distgroup.seeding import torch_rng
from distgroup.training.blocks import Blocks
from distgroup.training.data import Data
from distgroup.training.regrouping import Adaptive
from distgroup.training.selective import Selective
from distgroup.training.settings import Adam, Sgd, Training
from distgroup.training.stack import Stack
from distgroup.training.tracking import Tracking

CPU = torch.device("cpu")
NARROW = Mlp(widths=(8,))

JOINT = Grouping.parse("height+light+colour+width")
SINGLE = Grouping.parse("height|light|colour|width")
PAIRS = Grouping.parse("height+light|colour+width")
MIXED = (JOINT, PAIRS, SINGLE)

OPTIMIZERS = {
    "adam": (Adam(lr=0.01), lambda parameters: torch.optim.Adam(parameters, lr=0.01)),
    "sgd": (Sgd(lr=0.1), lambda parameters: torch.optim.SGD(parameters, lr=0.1)),
    "momentum": (Sgd(lr=0.05, momentum=0.9), lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9)),
}


def make(
    task_set,
    candidates=MIXED,
    seeds=(3, 11),
    tracking=None,
    dtype=torch.float64,
    encoder=NARROW,
    **training,
):
    settings = {"batch_size": 6, "optimizer": Adam(lr=0.01)} | training
    data = Data(task_set, task_set.names, CPU, dtype)
    return Selective(data, encoder, Training(**settings), seeds, candidates, tracking)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("missing", [0.0, 0.85])
@pytest.mark.parametrize("encoder", [Mlp(widths=(8, 5)), Cnn(shape=(1, 3, 4), channels=(3,), widths=(5,))])
def test_each_batch_is_that_of_plain_modules(optimizer, missing, encoder):
    """Joint training, pairs and singletons in turn, in one stack; 0.85 leaves whole groups without any label."""
    task_set = make_task_set(missing=missing, features=12)
    own, plain_optimizer = OPTIMIZERS[optimizer]
    stack = make(task_set, encoder=encoder, optimizer=own)
    plain = [PlainSelective(stack, row, task_set, plain_optimizer) for row in range(6)]
    for _ in range(8):
        stack.step()
        for row, network in enumerate(plain):
            network.batch(stack.groupings[row])
            expected = network.parameters(stack.stack.network)
            torch.testing.assert_close(stack.stack.parameters[row], expected, rtol=0, atol=1e-12)


def test_single_precision_comes_close():
    task_set = make_task_set()
    stack = make(task_set, dtype=torch.float32, seeds=(3,))
    plain = [PlainSelective(stack, row, task_set, OPTIMIZERS["adam"][1]) for row in range(3)]
    for _ in range(8):
        stack.step()
        for row, network in enumerate(plain):
            network.batch(stack.groupings[row])
    for row, network in enumerate(plain):
        expected = network.parameters(stack.stack.network)
        torch.testing.assert_close(stack.stack.parameters[row], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_one_group_is_joint_training(optimizer):
    """Up to how torch's fused optimizers round the ends of a tensor: a stack has its parameters in one."""
    task_set = make_task_set(missing=0.3)
    settings = {"batch_size": 6, "optimizer": OPTIMIZERS[optimizer][0]}
    selective = make(task_set, [JOINT], **settings)
    joint = Stack(selective.stack.data, NARROW, Training(**settings), (3, 11), [frozenset(task_set.names)])
    selective.train(25)
    joint.train(25)
    torch.testing.assert_close(selective.stack.parameters, joint.parameters, rtol=0, atol=1e-13)


def parts(stack):
    """Encoder, and each head's weight and bias, of a stack of one network."""
    encoder = stack.parameters[0, : stack.network.shared]
    encoder.grad = stack.flat_gradient[0, : stack.network.shared]
    heads, at = [], 0
    for task in stack.data.tasks:
        own = slice(at, at + task.outputs)
        heads.append([part[0, own] for part in stack.layers.head])
        for part, gradient in zip(heads[-1], stack.gradient.head, strict=True):
            part.grad = gradient[0, own]
        at += task.outputs
    return encoder, heads


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("grouping", [JOINT, SINGLE], ids=["joint", "singletons"])
def test_special_cases_are_loops_written_for_them_bit_for_bit(optimizer, dtype, grouping):
    """Joint training with one optimizer; singletons in turn with one for the encoder and one for each head."""
    task_set = make_task_set(missing=0.3)
    build = OPTIMIZERS[optimizer][0].build
    selective = make(task_set, [grouping], [3], dtype=dtype, optimizer=OPTIMIZERS[optimizer][0])
    training, names = selective.stack.training, selective.stack.data.names
    stack = Stack(selective.stack.data, NARROW, training, [3], [frozenset(task_set.names)])
    encoder, heads = parts(stack)
    everything = build([encoder, *(part for head in heads for part in head)])
    encoder_alone, head_alone = build([encoder]), [build(head) for head in heads]
    owner = torch.tensor(stack.network.task_of_output)
    for step in range(25):
        inputs, targets, share = stack.batch(step)
        order = torch.randperm(4, generator=torch_rng(3, "order", step)).tolist()
        for position in order if grouping is SINGLE else [0]:
            task = names.index(sorted(names)[position])
            stack.forward(inputs)
            errors = stack.errors(targets, share)
            if grouping is SINGLE:
                errors *= (owner == task)[:, None]
            stack.backward(inputs, errors, stack.gradient)
            for one in [encoder_alone, head_alone[task]] if grouping is SINGLE else [everything]:
                one.step()
    selective.train(25)
    assert torch.equal(selective.stack.parameters, stack.parameters)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_network_is_the_same_bit_for_bit_whatever_is_in_its_stack(optimizer, dtype):
    task_set = make_task_set(missing=0.3)
    settings = {"dtype": dtype, "tracking": Tracking(beta=0.1), "optimizer": OPTIMIZERS[optimizer][0]}
    together = make(task_set, **settings)
    together.train(25)
    for row, grouping in enumerate(together.groupings):
        alone = make(task_set, [grouping], seeds=[together.seeds[row]], **settings)
        alone.train(25)
        assert torch.equal(alone.stack.parameters[0], together.stack.parameters[row])
        assert torch.equal(alone.affinity[0], together.affinity[row])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_head_outside_the_group_and_an_idle_network_keep_parameters_and_optimizer_state(optimizer):
    stack = make(make_task_set(), [PAIRS, SINGLE], [3], optimizer=OPTIMIZERS[optimizer][0]).stack
    blocks = Blocks(stack)
    stack.flat_gradient.fill_(0.5)
    blocks.step([[True] * 4] * 2)
    before = [tensor.clone() for tensor in (stack.parameters, *blocks.moments)]
    stack.flat_gradient.fill_(0.7)
    blocks.step([[False] * 4, [False, True, False, False]])
    assert blocks.counts.tolist() == [[1, 1, 1, 1, 1], [2, 1, 2, 1, 1]]
    owner = torch.tensor(stack.network.task_of_output)
    for i, (was, now) in enumerate(zip(before, (stack.parameters, *blocks.moments), strict=True)):
        assert torch.equal(was[0], now[0])
        (old, _), (new, _) = stack.network.layers(was).head, stack.network.layers(now).head
        assert torch.equal(old[1, owner != 1], new[1, owner != 1])
        used = i == 0 or optimizer == "adam" or (i == 1 and optimizer == "momentum")
        assert (old[1, owner == 1] != new[1, owner == 1]).all() == used
        assert (was[1, :64] != now[1, :64]).any() == used


def plain_run(network, batches):
    """Train, regrouping when it is due; the groupings by step."""
    grouping, made = SINGLE, [(0, SINGLE)]
    for step in range(batches):
        if network.candidate.due(step):
            grouping = network.regroup()
            made.append((step, grouping))
        network.batch(grouping)
    return made


@pytest.mark.parametrize("credit", ["corrected", "as_released"])
@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_adaptive_groupings_are_those_of_plain_modules(credit, missing):
    """Affinity, groupings and parameters, with regroupings in mid-run and networks that idle at different times."""
    task_set = make_task_set(missing=missing)
    candidates = [
        Adaptive(warm_up=3, regroup_every=2),
        Adaptive(num_groups=2, warm_up=5, regroup_every=1),
        Adaptive(num_groups=3, warm_up=4, regroup_every="never"),
    ]
    tracking = Tracking(beta=0.2, credit=credit, credit_last_every=3)
    selective = make(task_set, candidates, tracking=tracking)
    plain = [PlainSelective(selective, row, task_set, OPTIMIZERS["adam"][1], tracking) for row in range(6)]
    selective.train(14)
    for row, network in enumerate(plain):
        made = plain_run(network, 14)
        assert [(one.step, one.grouping) for one in selective.regroupings[row]] == made
        torch.testing.assert_close(selective.affinity[row], torch.tensor(network.affinity), rtol=0, atol=1e-11)
        expected = network.parameters(selective.stack.network)
        torch.testing.assert_close(selective.stack.parameters[row], expected, rtol=0, atol=1e-11)
    assert len({str(grouping) for grouping in selective.groupings}) > 1


def test_affinity_is_tracked_without_changing_what_is_trained():
    task_set = make_task_set(missing=0.3)
    bare, tracked = make(task_set), make(task_set, tracking=Tracking())
    bare.train(10)
    tracked.train(10)
    assert torch.equal(bare.stack.parameters, tracked.stack.parameters)
    assert bare.affinity.count_nonzero() == 0


@pytest.mark.parametrize(("credit", "more"), [("corrected", 3), ("as_released", 0)])
def test_tracking_takes_a_forward_pass_only_for_the_last_group_of_some_batches(credit, more, monkeypatch):
    selective = make(make_task_set(), tracking=Tracking(credit=credit, credit_last_every=4))
    passes = []
    forward = selective.stack.forward
    monkeypatch.setattr(selective.stack, "forward", lambda inputs: passes.append(1) or forward(inputs))
    selective.train(10)
    assert len(passes) == 4 * 10 + more


def test_the_affinity_at_each_regrouping_is_kept():
    selective = make(make_task_set(), [Adaptive(warm_up=2, regroup_every=3)], [3], tracking=Tracking())
    selective.train(6)
    first, second, third = selective.regroupings[0]
    assert (first.step, second.step, third.step) == (0, 2, 5)
    assert not first.affinity.any()
    selective = make(make_task_set(), [Adaptive(warm_up=2, regroup_every=3)], [3], tracking=Tracking())
    selective.train(5)
    assert (third.affinity == selective.affinity[0].numpy()).all()


@pytest.mark.parametrize(
    ("every", "warm_up", "expected"),
    [(1, 3, [3, 4, 5, 6, 7]), (2, 3, [3, 5, 7]), ("never", 3, [3]), (3, 0, [0, 3, 6]), ("never", 9, [])],
)
def test_when_regrouping_is_due(every, warm_up, expected):
    candidate = Adaptive(regroup_every=every, warm_up=warm_up)
    assert [step for step in range(8) if candidate.due(step)] == expected


def test_a_cover_steps_a_task_in_every_group_that_holds_it():
    task_set = make_task_set()
    cover = Grouping.parse("height+light|light+colour+width")
    selective = make(task_set, [cover], [3])
    plain = PlainSelective(selective, 0, task_set, OPTIMIZERS["adam"][1])
    for _ in range(6):
        selective.step()
        plain.batch(cover)
    expected = plain.parameters(selective.stack.network)
    torch.testing.assert_close(selective.stack.parameters[0], expected, rtol=0, atol=1e-12)


def test_training_in_two_goes_is_training_in_one():
    candidates = [PAIRS, Adaptive(num_groups=2, warm_up=3, regroup_every=2)]
    whole, halves = (make(make_task_set(missing=0.2), candidates, tracking=Tracking()) for _ in range(2))
    whole.train(9)
    halves.train(4)
    halves.train(5)
    assert torch.equal(whole.stack.parameters, halves.stack.parameters)
    assert torch.equal(whole.affinity, halves.affinity)


def test_divergence_names_grouping_seed_and_rate():
    stack = make(make_task_set(), [JOINT, PAIRS], optimizer=Sgd(lr=0.1))
    stack.train(2)
    stack.stack.parameters[3, 7] = float("nan")
    with pytest.raises(DivergedError, match=r"network colour\+width\|height\+light, seed 11, diverged .* 2 .*\(0\.1\)"):
        stack.check()
    adaptive = make(make_task_set(), [Adaptive(warm_up=2)], tracking=Tracking(), optimizer=Sgd(lr=1e200))
    with pytest.raises(DivergedError):
        adaptive.train(4)


def test_an_adaptive_grouping_needs_tracking():
    with pytest.raises(ValueError, match="tracking is needed"):
        make(make_task_set(), [Adaptive()])
