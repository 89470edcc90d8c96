"""How long selection takes, and what each time is compared to; one process, one thread, seeded inputs.

python experiments/benchmarks/select/run.py              # under a minute
python experiments/benchmarks/select/run.py --slow       # and plain Python, and HiGHS alone
"""

import os
import resource
import sys
from collections.abc import Callable
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from distgroup.networks import NetworkScores
from distgroup.scores import AffinityScores
from distgroup.selection.listing import read_networks
from distgroup.selectors import Agglomerative, Exact, Greedy, Milp, Selection
from distgroup.selectors.budget import Budget
from distgroup.selectors.program import Program, solve
from distgroup.selectors.served import serve

SHARED = Path(os.environ.get("DISTGROUP_SHARED", Path(__file__).parents[4] / "shared")) / "published"


def timed(call: Callable[[], Selection], repeats: int = 5) -> tuple[float, Selection]:
    """Median seconds, and what the last call gave."""
    seconds = []
    for _ in range(repeats):
        start = perf_counter()
        found = call()
        seconds.append(perf_counter() - start)
    return median(seconds), found


def row(what: str, seconds: float, limit: str, note: str) -> None:
    shown = f"{1000 * seconds:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"
    print(f"| {what} | {shown} | {limit} | {note} |", flush=True)


def matrix(n: int, seed: int = 0) -> AffinityScores:
    rng = np.random.default_rng(seed)
    return AffinityScores([f"t{i:04}" for i in range(n)], rng.normal(size=(n, n)), 0.0)


def exact_peak(n: int) -> tuple[float, float]:
    """Seconds for every number of groups, and the process's peak memory in MiB."""
    start = perf_counter()
    with threadpool_limits(1):
        Exact().select_each(matrix(n), None)
    return perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def brute_force(scores: AffinityScores, groups: int) -> float:
    """Every set of so many groups, one after another in plain Python: the definition, and what it costs."""
    table = np.nan_to_num(scores.dense(), nan=-np.inf)[1:].tolist()
    return max(sum(map(max, *chosen)) for chosen in combinations(table, groups))


def small(slow: bool) -> None:
    scores = matrix(9)
    seconds, found = timed(lambda: Exact().select(scores, 3))
    note = "optimal"
    if slow:
        start = perf_counter()
        assert abs(brute_force(scores, 3) - found.total) < 1e-9
        note = f"plain Python over all 22 million sets of 3 groups: {perf_counter() - start:.0f} s, the same total"
    row("exact: 9 tasks, 3 groups, from a matrix", seconds, "20 ms", note)


def published() -> None:
    if not SHARED.is_dir():
        print(f"| milp: 36 networks | not run: no published tables at {SHARED} | 50 ms | |")
        return
    networks = read_networks(SHARED / "standley2020_setting1_val.csv", True, "mean")
    times = {b / 2: timed(lambda b=b: Milp().select(networks, None, b / 2))[0] for b in range(2, 11)}
    slowest = max(times, key=lambda budget: times[budget])
    row("milp: 36 networks, the slowest of 9 budgets", times[slowest], "50 ms", f"budget {slowest}; all 9 optimal")


def dense() -> None:
    for n, limit in ((12, "1 s"), (16, "30 s, 4 GiB")):
        with get_context("spawn").Pool(1) as pool:
            seconds, peak = pool.apply(exact_peak, (n,))
        row(f"exact: {n} tasks, every number of groups", seconds, limit, f"peak {peak:.0f} MiB, Python included")


def sparse_list(tasks: int = 27, count: int = 3000, seed: int = 0) -> NetworkScores:
    """Networks of 1 to 8 random tasks: affinities, their mean, and as much noise."""
    rng = np.random.default_rng(seed)
    affinity = rng.normal(size=(tasks, tasks))
    values: dict[tuple[int, ...], np.ndarray] = {}
    while len(values) < count:
        group = tuple(sorted(rng.choice(tasks, rng.integers(1, 9), replace=False).tolist()))
        scores = np.full(tasks, np.nan)
        for t in group:
            others = [s for s in group if s != t]
            scores[t] = (affinity[others, t].mean() if others else 0.0) + 0.3 * rng.normal()
        values.setdefault(group, scores)
    names = [f"network{j:04}" for j in range(count)]
    return NetworkScores([f"t{i:02}" for i in range(tasks)], names, np.array(list(values.values())))


def sparse(slow: bool) -> None:
    """Five lists; networks of up to 8 tasks."""
    runs, greedy_runs, wholes, short = [], [], [], []
    for seed in range(5):
        networks = sparse_list(seed=seed)
        seconds, found = timed(lambda networks=networks: Milp().select(networks, 10), 1)
        assert found.optimal
        greedy_seconds, greedy = timed(lambda networks=networks: Greedy().select(networks, 10), 1)
        runs.append(seconds)
        greedy_runs.append(greedy_seconds)
        short.append(100 * (1 - greedy.total / found.total))
        if slow:
            worth = np.nan_to_num(networks.values, nan=-np.inf)
            start = perf_counter()
            assert solve(Program.cover(worth, networks.costs, Budget(10, np.inf)), 300).done
            wholes.append(perf_counter() - start)
    note = f"all proven optimal; greedy {max(short):.1f}% below at worst, {median(greedy_runs):.2f} s"
    note += f"; HiGHS on the whole program {min(wholes):.1f} to {max(wholes):.1f} s" if wholes else ""
    row("milp: 3,000 networks over 27 tasks, 10 groups, the slowest of 5 lists", max(runs), "20 s", note)


def large() -> None:
    n, groups = 1000, 50
    for noise in (0.5, 2.0):
        rng = np.random.default_rng(1)
        block = rng.integers(0, groups, n)
        affinity = (block[:, None] == block) + noise * rng.normal(size=(n, n))
        scores = AffinityScores([f"t{i:04}" for i in range(n)], affinity, 0.0)
        planted = serve(scores, [frozenset(scores.tasks[i] for i in np.flatnonzero(block == g)) for g in range(groups)])
        seconds, found = timed(lambda scores=scores: Greedy(disjoint=True).select(scores, groups), 3)
        clustered = Agglomerative().select(scores, groups)
        note = f"gap to the planted total {100 * (planted.total - found.total) / planted.total:+.2f}%; "
        note += f"agglomerative {100 * (planted.total - clustered.total) / planted.total:+.1f}%"
        row(f"greedy: 1,000 tasks, 50 disjoint groups, planted, noise {noise}", seconds, "30 s", note)
        seconds, found = timed(lambda scores=scores: Greedy().select(scores, groups), 1)
        note = f"gap to the planted total {100 * (planted.total - found.total) / planted.total:+.2f}%"
        row("greedy: the same, groups may overlap", seconds, "30 s", note)


def main() -> None:
    slow = "--slow" in sys.argv[1:]
    print("| what | time | limit | compared to |\n|---|---|---|---|")
    with threadpool_limits(1):
        small(slow)
        published()
        dense()
        sparse(slow)
        large()


if __name__ == "__main__":
    main()
