"""What ranks of Ray Train are given to train, and how they do it one after another within one start of them."""

import pickle
from dataclasses import replace
from pathlib import Path

import torch
from builders import make_problem, make_task_set
from torch import distributed, nn

from distgroup.encoders import Python
from distgroup.errors import DivergedError
from distgroup.grouping import Grouping
from distgroup.tasks.taskset import Split
from distgroup.training.assignment import Assignment
from distgroup.training.comm import Ranks
from distgroup.training.execution import Execution, Rank
from distgroup.training.regrouping import Adaptive
from distgroup.training.settings import Parallel, Sgd
from distgroup.training.tracking import Tracking

PAIRS = Grouping.parse("height+light|colour+width")
COVER = Grouping.parse("height+light|light+colour+width")
CPU = torch.device("cpu")


def assignment(update, grouping, missing=0.0, steps=12, **training):
    """Batches of 7 rows, which neither 2 nor 3 ranks share evenly; 0.85 missing leaves tasks without any label."""
    problem = make_problem(
        make_task_set(missing=missing), widths=(8, 5), **{"steps": steps, "batch_size": 7} | training
    )
    return Assignment(problem, update, grouping, 3, Tracking(beta=0.2, credit_last_every=3))


def cases():
    return {
        "joint": assignment("separate", Grouping.parse("height+light+colour+width")),
        "separate": assignment("separate", COVER, missing=0.85, optimizer=Sgd(lr=0.05, momentum=0.9)),
        "selective": assignment("selective", PAIRS, missing=0.85),
        "in parts": assignment("selective", PAIRS, missing=0.3, parallel=Parallel(accumulate=2)),
        "infinite": infinite(),
        "adaptive": assignment("selective", Adaptive(warm_up=3, regroup_every=2), missing=0.5, steps=20),
        "two groups": assignment(
            "selective", Adaptive(num_groups=2, warm_up=5, regroup_every=1), optimizer=Sgd(lr=0.1)
        ),
    }


def infinite():
    """One label of one row is beyond what a square can hold, so only the rank that has the row meets it."""
    found = assignment("selective", PAIRS)
    task_set = found.problem.task_set
    train = task_set.splits["train"]
    labels = train.labels.copy()
    labels[17, task_set.names.index("width")] = 1e200
    splits = dict(task_set.splits) | {"train": Split(train.inputs, labels)}
    return replace(found, problem=replace(found.problem, task_set=replace(task_set, splits=splits)))


class Normalised(nn.Module):
    """An encoder with running statistics and dropout."""

    def __init__(self, features):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(features, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2))

    def forward(self, inputs):
        return self.layers(inputs)


def normalised():
    encoder = Python(path="train_cases:Normalised")
    encoder.bind(Path(__file__).parent)
    found = assignment("selective", PAIRS)
    return replace(found, problem=replace(found.problem, encoder=encoder))


def outcome(of, ranks):
    """A `TrainedRun`, or what was said when it diverged."""
    execution = Execution(of, Rank(ranks, CPU, torch.float64))
    try:
        for _ in execution.run():
            pass
    except DivergedError as error:
        return str(error)
    return execution.outcome


def every_case(config):
    """On a rank: the outcome of every case, and which of the ranks end up with the very same numbers as the first."""
    torch.set_num_threads(1)
    found = {name: outcome(of, Ranks.joined()) for name, of in cases().items()}
    noisy = outcome(normalised(), Ranks.joined()).networks[0].parameters
    held = [None] * config["workers"]
    distributed.all_gather_object(held, noisy)
    alike = [all(torch.equal(one[name], noisy[name]) for name in noisy) for one in held]
    return pickle.dumps((found, noisy, alike))  # Ray Train would not have tensors returned
