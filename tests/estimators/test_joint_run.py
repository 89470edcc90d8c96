"""Looking at a joint run leaves it as it was."""

import torch
from problems import mixed

from distgroup.estimators.joint_run import joint_run, losses_at, take_look
from distgroup.training.data import Data
from distgroup.training.stack import Stack

CPU = torch.device("cpu")
SEEDS = (1, 2)


def stack(problem):
    data = Data(problem.task_set, problem.task_set.names, CPU)
    return Stack(data, problem.encoder, problem.training, SEEDS, [frozenset(data.names)])


def test_a_run_with_looks_ends_where_one_without_does():
    seen = []

    def look(moment):
        losses_at(moment, moment.stack.parameters[:, : moment.stack.network.shared] + 1)
        seen.append(moment.stack)
        return torch.zeros(2, 4, 4)

    problem, plain = mixed(steps=12), stack(mixed())
    joint_run(problem, SEEDS, CPU, 5, look)
    plain.train(12)
    assert len(seen) == 3
    torch.testing.assert_close(seen[0].parameters, plain.parameters, rtol=1e-4, atol=1e-6)


def test_a_look_moves_neither_parameters_nor_optimizer():
    looked = stack(mixed())
    looked.train(3)
    before = looked.parameters.clone(), looked.optimizer.state[looked.parameters]["exp_avg"].clone()
    take_look(looked)
    assert torch.equal(before[0], looked.parameters)
    assert torch.equal(before[1], looked.optimizer.state[looked.parameters]["exp_avg"])
    assert looked.steps_done == 3


def test_the_gradient_left_behind_is_that_of_a_step():
    looked, stepped = stack(mixed()), stack(mixed())
    take_look(looked)
    stepped.step()
    torch.testing.assert_close(looked.flat_gradient, stepped.flat_gradient, rtol=1e-4, atol=1e-6)


def test_task_gradients_are_those_of_singleton_networks():
    problem = mixed()
    moment = take_look(stack(problem))
    data = moment.stack.data
    alone = Stack(data, problem.encoder, problem.training, SEEDS, [frozenset([name]) for name in data.names])
    alone.step()
    shared = alone.flat_gradient[:, : alone.network.shared].unflatten(0, (2, 4))
    torch.testing.assert_close(moment.gradients, shared, rtol=1e-4, atol=1e-6)
