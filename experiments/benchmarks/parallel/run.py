"""What a step of data-parallel training costs beside torch's own DistributedDataParallel, on two gloo ranks.

    python experiments/benchmarks/parallel/run.py [--rounds 40] [--workers 2]

Each rank is a process of one thread. Joint training by DistributedDataParallel, joint training by distgroup of the same
module on the same batches with the same optimizer, and distgroup's selective training of two groups with tracked
affinity take turns, some steps at a time, so that whatever else the machine does falls on all of them.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, distributed, multiprocessing
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from distgroup.encoders import Mlp
from distgroup.grouping import Grouping
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.training.comm import Ranks
from distgroup.training.data import Batches, Data
from distgroup.training.grouped import Grouped
from distgroup.training.module import build
from distgroup.training.problem import Problem
from distgroup.training.settings import Training
from distgroup.training.tracking import Tracking

TASKS = ("left_digit", "right_digit", "sum", "left_even", "right_loop", "ink")
JOINT = Grouping.of([TASKS])
PAIR = Grouping.of([TASKS[:3], TASKS[3:]])
SHAPES = {"64-64, batch 128": ((64, 64), 128), "512-512, batch 256": ((512, 512), 256)}
IN_A_ROW = 20


class Plain:
    """Joint training as anybody would write it for DistributedDataParallel."""

    def __init__(self, problem: Problem, data: Data, seed: int) -> None:
        module = build(problem.encoder, problem.task_set.features, data.tasks, seed).to(data.device, data.dtype)
        self.model = DistributedDataParallel(module, gradient_as_bucket_view=True)
        self.optimizer = problem.training.optimizer.build(self.model.parameters())
        self.data, self.steps_done = data, 0
        self.batches = Batches(seed, len(data.splits["train"]), problem.training.batch_size)

    def step(self) -> None:
        train, ranks = self.data.splits["train"], Ranks.joined()
        rows = self.batches(self.steps_done)[ranks.rank :: ranks.count]
        logits = self.model(train.inputs.index_select(0, rows))
        self.optimizer.zero_grad()
        self.loss(logits, train.targets.index_select(0, rows)).backward()
        self.optimizer.step()
        self.steps_done += 1

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        total, at = logits.new_zeros(()), 0
        for task in self.data.tasks:
            z, y = (part[:, at : at + task.outputs] for part in (logits, targets))
            if task.kind == "multiclass":
                total = total + functional.cross_entropy(z, y)
            elif task.kind == "binary":
                total = total + functional.binary_cross_entropy_with_logits(z, y)
            else:
                total = total + functional.mse_loss(z, y)
            at += task.outputs
        return total


def timed(step: Callable[[], None]) -> tuple[float, float]:
    """Wall and processor time of some steps."""
    distributed.barrier()
    wall, busy = time.perf_counter(), time.process_time()
    for _ in range(IN_A_ROW):
        step()
    return time.perf_counter() - wall, time.process_time() - busy


def rank(number: int, workers: int, rounds: int, folder: str) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", f"file://{folder}/store", rank=number, world_size=workers)
    task_set = DigitsPair(tasks=TASKS).load()
    for name, (widths, batch_size) in SHAPES.items():
        steps = 2 * IN_A_ROW * (rounds + 1)
        problem = Problem(task_set, Mlp(widths=widths), Training(steps=steps, batch_size=batch_size))
        data = Data(task_set, TASKS, torch.device("cpu"))
        plain = Plain(problem, data, 0)
        joint = Grouped(problem, data, 0, JOINT, None, Ranks.joined())
        selective = Grouped(problem, data, 0, PAIR, Tracking(), Ranks.joined())
        compare(name, rounds, number, plain, joint, selective)
    distributed.destroy_process_group()


def compare(name: str, rounds: int, number: int, plain: Plain, joint: Grouped, selective: Grouped) -> None:
    times = [(timed(plain.step), timed(joint.step), timed(selective.step)) for _ in range(rounds + 1)][1:]
    if number:
        return
    print(f"{name}: a joint step {1e6 * median(t[0][0] for t in times) / IN_A_ROW:.0f} µs by DistributedDataParallel")
    for which, kind in enumerate(("wall", "processor")):
        ours = median(t[1][which] / t[0][which] for t in times)
        tracked = median(t[2][which] / (2 * t[1][which]) for t in times)
        both = median(t[2][which] / (2 * t[0][which]) for t in times)
        print(
            f"  {kind} time: ours joint / DDP joint {ours:.2f}; selective, two groups, tracked / two of our joint steps"
        )
        print(f"    {tracked:.2f}, / two of DDP's {both:.2f}")


def median(values: object) -> float:
    return statistics.median(list(values))  # type: ignore[call-overload]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    with TemporaryDirectory() as folder:
        multiprocessing.spawn(rank, (arguments.workers, arguments.rounds, folder), arguments.workers)


if __name__ == "__main__":
    main()
