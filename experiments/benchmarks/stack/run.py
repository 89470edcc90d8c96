"""Time a network and step: the stack, against two plain loops and against the core's own peak. One thread, one process.

    python experiments/benchmarks/stack/run.py > table.md

Prints the table that README.md shows. All are timed in turn within each round, each network or stack for some steps in
a row as in training, and the medians over rounds are compared.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from distgroup.encoders import Mlp
from distgroup.grouping import Group, group_of
from distgroup.models import Network
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.tasks.task import Task
from distgroup.tasks.taskset import TaskSet
from distgroup.training.data import Batches, Data
from distgroup.training.problem import Problem
from distgroup.training.separate import chunk_size, share_out, widest_last
from distgroup.training.settings import Adam, Training
from distgroup.training.stack import Stack

TASKS = ("left_digit", "right_digit", "sum", "left_even", "right_loop", "ink")
NETWORKS = (1, 8, 63, 189, 378)
BATCHES = (32, 64, 128, 256)
WIDTHS = (64, 64)
CPU = torch.device("cpu")
STEPS_IN_A_ROW = 5
HEADER = (
    "batch",
    "networks",
    "chunk",
    "chunks, µs",
    "one stack, µs",
    "loop (a), µs",
    "loop (b), µs",
    "a / chunks",
    "b / chunks",
    "of the peak",
)

Step = Callable[[], None]


def pick(count: int, task_set: TaskSet) -> list[tuple[int, list[Group]]]:
    """(seed, groups) for so many networks: all 63 subsets of a seed, or some spread over them; one: all tasks."""
    order = widest_last(task_set.tasks)
    every = [group_of(mask, order) for mask in range(1, 64)]
    if count == 1:
        return [(0, [frozenset(order)])]
    if count < 63:
        return [(0, every[62 - 8 * (count - 1) :: 8])]
    return [(seed, every) for seed in range(count // 63)]


def stacked(problem: Problem, work: Sequence[tuple[int, list[Group]]]) -> list[Step]:
    """The chunks that the program makes of the work."""
    steps = []
    for seed, groups in work:
        for run in share_out(problem, groups):
            data = Data(problem.task_set, sorted(frozenset().union(*run)), CPU)
            steps.append(Stack(data, problem.encoder, problem.training, [seed], run).step)
    return steps


def whole(problem: Problem, work: Sequence[tuple[int, list[Group]]]) -> list[Step]:
    """Everything as one stack."""
    data = Data(problem.task_set, TASKS, CPU)
    return [Stack(data, problem.encoder, problem.training, [seed for seed, _ in work], work[0][1]).step]


class Plain(nn.Module):
    """A network as one would write it: one linear head a task, or all heads fused into one layer."""

    def __init__(self, features: int, tasks: Sequence[Task], fused: bool) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(features, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.widths = [task.outputs for task in tasks]
        widths = [sum(self.widths)] if fused else self.widths
        self.heads = nn.ModuleList(nn.Linear(64, width) for width in widths)

    def forward(self, inputs: Tensor) -> Sequence[Tensor]:
        hidden = self.encoder(inputs)
        if len(self.heads) == len(self.widths):
            return [head(hidden) for head in self.heads]
        return self.heads[0](hidden).split(self.widths, 1)


def loss(task: Task, logits: Tensor, label: Tensor) -> Tensor:
    if task.kind == "multiclass":
        return functional.cross_entropy(logits, label.long())
    if task.kind == "binary":
        return functional.binary_cross_entropy_with_logits(logits[:, 0], label)
    return functional.mse_loss(logits[:, 0], label)


def loop(problem: Problem, work: Sequence[tuple[int, list[Group]]], *, fused: bool) -> list[Step]:
    """(a) a module, a loss a task and torch's default Adam for every network; (b) ``fused``: one head, fused Adam."""
    train = problem.task_set.splits["train"]
    inputs = torch.as_tensor(train.inputs, dtype=torch.float32)
    labels = torch.as_tensor(train.labels, dtype=torch.float32)
    return [one(problem, inputs, labels, seed, group, fused) for seed, groups in work for group in groups]


def one(problem: Problem, inputs: Tensor, labels: Tensor, seed: int, group: Group, fused: bool) -> Step:
    tasks = [task for task in problem.task_set.tasks if task.name in group]
    columns = [problem.task_set.names.index(task.name) for task in tasks]
    network = Plain(inputs.shape[1], tasks, fused)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.002, fused=fused)
    batches, count = Batches(seed, len(inputs), problem.training.batch_size), iter(range(10**9))

    def step() -> None:
        rows = batches(next(count))
        x, y = inputs[rows], labels[rows]
        total = sum(loss(task, z, y[:, c]) for task, c, z in zip(tasks, columns, network(x), strict=True))
        optimizer.zero_grad()
        total.backward()
        optimizer.step()

    return step


def arithmetic(problem: Problem, group: Group) -> int:
    """Operations that one step of a group's own network needs: no masked heads, no gradient by the inputs."""
    outputs = sum(task.outputs for task in problem.task_set.tasks if task.name in group)
    first, second, head = problem.task_set.features * 64, 64 * 64, 64 * outputs
    products = 2 * (first + second + head) + second + head
    return 2 * problem.training.batch_size * products


def peak() -> Step:
    a, b, out = torch.randn(1024, 1024), torch.randn(1024, 1024), torch.empty(1024, 1024)
    return lambda: torch.mm(a, b, out=out)


def timed(steps: Sequence[Step]) -> float:
    begin = time.perf_counter()
    for step in steps:
        step()
    return time.perf_counter() - begin


def measure(problem: Problem, count: int, rounds: int) -> dict[str, float]:
    """Median seconds a network and step of each contestant, and the share of the peak that the stack reaches."""
    work = pick(count, problem.task_set)
    contestants = {
        "chunks": stacked(problem, work),
        "whole": whole(problem, work),
        "a": loop(problem, work, fused=False),
        "b": loop(problem, work, fused=True),
        "peak": [peak()],
    }
    repeats = max(STEPS_IN_A_ROW, 63 // count)
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for round_ in range(rounds + 2):
        for name, steps in contestants.items():
            taken = timed([step for step in steps for _ in range(1 if name == "peak" else repeats)])
            if round_ >= 2:
                times[name].append(taken / (1 if name == "peak" else repeats * count))
    found = {name: statistics.median(values) for name, values in times.items()}
    needed = sum(arithmetic(problem, group) for _, groups in work for group in groups) / count
    return found | {"share": needed / found["chunks"] / (2 * 1024**3 / found["peak"])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batch", type=int, nargs="*", default=BATCHES)
    parser.add_argument("--networks", type=int, nargs="*", default=NETWORKS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    task_set = DigitsPair(tasks=TASKS).load()
    print("|", " | ".join(HEADER), "|")
    print("|---" * len(HEADER) + "|")
    for batch in arguments.batch:
        problem = Problem(task_set, Mlp(widths=WIDTHS), Training(batch_size=batch, optimizer=Adam()))
        size = chunk_size(Network(problem.encoder, task_set.features, task_set.tasks), batch)
        for count in arguments.networks:
            t = measure(problem, count, arguments.rounds)
            us = [f"{1e6 * t[name]:.0f}" for name in ("chunks", "whole", "a", "b")]
            ratios = [f"{t['a'] / t['chunks']:.1f}", f"{t['b'] / t['chunks']:.1f}", f"{100 * t['share']:.0f}%"]
            print("|", " | ".join([str(batch), str(count), str(size), *us, *ratios]), "|", flush=True)
            print(f"{2 * 1024**3 / t['peak'] / 1e9:.0f} GFLOP/s at peak", file=sys.stderr)


if __name__ == "__main__":
    main()
