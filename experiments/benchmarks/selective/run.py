"""How long the ground truth of update rule `selective` takes, and what a step of it costs beside joint training's.

    python experiments/benchmarks/selective/run.py [--seeds 4] [--steps 400]

Enumerates all 203 partitions of six tasks of digits_pair on a Ray of its own, one worker a core and one thread a
worker; then times, in this process, one batch of two groups against two joint steps of the same networks, in turn.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from distgroup.distributed.partitions import enumerate_partitions
from distgroup.distributed.workers import workers
from distgroup.encoders import Mlp
from distgroup.grouping import all_partitions
from distgroup.results.store import Store
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.training.data import Data
from distgroup.training.problem import Problem
from distgroup.training.selective import Selective
from distgroup.training.settings import Training
from distgroup.training.stack import Stack
from distgroup.training.tracking import Tracking

TASKS = ("left_digit", "right_digit", "sum", "left_even", "right_loop", "ink")
CPU = torch.device("cpu")
IN_A_ROW = 6


def enumeration(problem: Problem, seeds: int) -> None:
    with tempfile.TemporaryDirectory() as folder, workers():
        begin = time.perf_counter()
        networks = sum(enumerate_partitions(problem, range(seeds), Store(Path(folder))))
        wall = time.perf_counter() - begin
        table = Store(Path(folder)).read("partitions").drop_duplicates(["seed", "grouping"])
    busy, steps = table["seconds"].sum(), table["steps"].sum()
    print(f"{networks} networks, {steps:,} network-steps on {os.cpu_count()} cores: {wall:.0f} s")
    print(f"of training {busy:.0f} core-s, {1e6 * busy / steps:.0f} µs a network-step")


def processor_time(step: Callable[[], None]) -> float:
    begin = time.process_time()
    for _ in range(IN_A_ROW):
        step()
    return time.process_time() - begin


def one_batch(problem: Problem, networks: int, rounds: int) -> None:
    """Median processor time of a batch of two groups, over that of two joint steps."""
    data = Data(problem.task_set, TASKS, CPU)
    pairs = [grouping for grouping in all_partitions(TASKS) if len(grouping) == 2][:networks]
    joint = Stack(data, problem.encoder, problem.training, [0], [frozenset(TASKS)] * networks)
    plain, tracked = (Selective(data, problem.encoder, problem.training, [0], pairs, t) for t in (None, Tracking()))
    times: dict[str, list[float]] = {"joint": [], "selective": [], "tracked": []}
    for _ in range(rounds + 2):
        times["joint"].append(2 * processor_time(joint.step))
        times["selective"].append(processor_time(plain.step))
        times["tracked"].append(processor_time(tracked.step))
    median = {name: statistics.median(found[2:]) for name, found in times.items()}
    us = 1e6 * median["joint"] / networks / IN_A_ROW
    ratios = ", ".join(f"{name} {median[name] / median['joint']:.2f}" for name in ("selective", "tracked"))
    print(f"{networks} networks: two joint steps {us:.0f} µs a network; times as long: {ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=25)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    problem = Problem(DigitsPair(tasks=TASKS).load(), Mlp(), Training(steps=arguments.steps))
    for networks in (1, 16):
        one_batch(problem, networks, arguments.rounds)
    if arguments.seeds:
        enumeration(problem, arguments.seeds)


if __name__ == "__main__":
    main()
