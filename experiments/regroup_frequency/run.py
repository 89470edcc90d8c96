"""How often should task groups be decided again, into how many, and what is it worth beside more optimizer steps?

python experiments/regroup_frequency/run.py [--raw DIR] [TASK SET …]    # killed, it goes on where it was
"""

import argparse
from collections import defaultdict
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import torch
from choices import Reading, best, rates
from measures import ByMethod, at_each_rate, under_budgets
from methods import ALONE, JOINT, Method, ablations, baselines, ends, fixed, grid
from pool import Share, run
from readme import write
from task_sets import SETTINGS, Settings
from training import data_of, plan

from distgroup.grouping import all_partitions
from distgroup.training.regrouping import Adaptive

HERE = Path(__file__).parent
RAW = HERE.parents[1] / "results" / "regroup_frequency"
PROCESSES = 2
AT_EVERY_RATE = ("2 groups, every 10", "auto groups, every 10")


def tuned(taskset: str, methods: list[Method], of: Settings, folder: Path, share: Share) -> pd.DataFrame:
    """Readings of the methods at every rate, on the search seeds."""
    wanted = [(method, rate) for method in methods for rate in of.rates]
    return run(list(plan(taskset, wanted, of.search_seeds, of)), folder, share)[0]


def readings(of: Settings) -> list[Reading]:
    return [Reading(of.earlier), Reading(of.batches), Reading(of.batches, stopped=True)]


def best_fixed(
    taskset: str, of: Settings, folder: Path, share: Share
) -> tuple[dict[Reading, dict[str, Method]], pd.DataFrame]:
    """For each reading and limit, the partition that validation finds best: all of them briefly, then the best in
    full; and the losses of those trained in full."""
    tasks = data_of(taskset, folder).names
    every = {f"fixed {grouping}": grouping for grouping in all_partitions(tasks)}
    brief = [(fixed(grouping, of.brief), of.brief_rate) for grouping in every.values()]
    briefly, _ = run(list(plan(taskset, brief, of.search_seeds, of)), folder, share)
    limits = {"best fixed, at most 2": 2, "best fixed, at most 3": 3, "best fixed, any number": len(tasks)}
    first = Reading(of.brief).after_batches(briefly)
    kept = {grouping for most in limits.values() for grouping in best(first, every, most, of.kept)}
    full = tuned(taskset, [fixed(one, of.batches) for one in every.values() if one in kept], of, folder, share)
    last = {when: when.after_batches(full) for when in readings(of)}
    chosen = {
        when: {name: fixed(best(losses, every, most, 1)[0], of.batches) for name, most in limits.items()}
        for when, losses in last.items()
    }
    return chosen, full


def measure(taskset: str, of: Settings, folder: Path, share: Share) -> tuple[pd.DataFrame, ...]:
    """On the reporting seeds: losses of every method under every budget at each reading, some methods at every rate
    beside joint training at the same, and the changes of grouping."""
    tasks = data_of(taskset, folder).names
    methods = baselines(tasks, of) + ends(tasks, of) + grid(of) + ablations(of)
    searched = tuned(taskset, [method for method in methods if method.tuned == method.name], of, folder, share)
    chosen, searched_fixed = best_fixed(taskset, of, folder, share)
    searched = by_method(pd.concat([searched, searched_fixed]))
    labelled = {when: {method.name: method for method in methods} | own for when, own in chosen.items()}
    everyone = {method for own in labelled.values() for method in own.values()}
    wanted = [one for method in everyone for one in trained(method, searched[method.tuned], of)]
    ordered = sorted(wanted, key=lambda one: (one[0].name, one[1]))
    together, changes = run(list(plan(taskset, ordered, of.seeds, of)), folder, share)
    reported = by_method(together)
    losses = [
        under_budgets(method, searched, reported, when).assign(
            method=name, partition=str(method.rule), reading=str(when)
        )
        for when, own in labelled.items()
        for name, method in own.items()
        if name not in (ALONE, JOINT)
    ]
    each = [
        at_each_rate(name, reported, when).assign(taskset=taskset, reading=str(when))
        for when in labelled
        for name in AT_EVERY_RATE
    ]
    end = Reading(of.batches)
    own = {
        method.name: rates(end.after_batches(searched[method.tuned]))[method.tuned]
        for method in methods
        if isinstance(method.rule, Adaptive)
    }
    kept = changes[changes["rate"] == changes["method"].map(own)]
    return pd.concat(losses).assign(taskset=taskset), pd.concat(each), kept


def by_method(frame: pd.DataFrame) -> ByMethod:
    return {str(name): part for name, part in frame.groupby("method")}


def trained(method: Method, own: pd.DataFrame, of: Settings) -> list[tuple[Method, float]]:
    """At which rates a method is trained for the report, and how long: the best at each reading, and, for no more
    batches than that takes, the best within joint training's steps, by its ``own`` readings on the search seeds; some
    in full at all rates."""
    if method.name in (JOINT, *AT_EVERY_RATE):
        return [(method, rate) for rate in of.rates]
    batches: dict[float, int] = defaultdict(int)
    for when in readings(of):
        full = rates(when.after_batches(own))[method.tuned]
        held = rates(when.within_steps(own))[method.tuned]
        # Others may make half as many steps a batch as the method that the rates are found with.
        enough = 2 * int(own.loc[own["steps"] <= when.batches, "batches"].max())
        batches[full] = max(batches[full], when.batches)
        batches[held] = max(batches[held], min(enough, when.batches))
    return [(replace(method, batches=longest), rate) for rate, longest in batches.items()]


def keep(path: Path, new: pd.DataFrame) -> pd.DataFrame:
    """Write the rows to the file, in the place of its own of these task sets; those of others stay."""
    old = pd.read_parquet(path)
    others = old[~old["taskset"].isin(new["taskset"])]
    both = pd.concat([others, new], ignore_index=True).sort_values("taskset", kind="stable", ignore_index=True)
    both.to_parquet(path, index=False, compression="zstd")
    return both


def main() -> None:
    from figures import draw  # needs the extra `experiments`, which measuring does without

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasksets", nargs="*", metavar="TASK SET", help=f"of {', '.join(SETTINGS)}; all if none")
    parser.add_argument("--raw", type=Path, default=RAW, help="where finished jobs are kept")
    arguments = parser.parse_args()
    with get_context("spawn").Pool(PROCESSES, torch.set_num_threads, (1,)) as pool:
        found = [
            measure(name, SETTINGS[name], arguments.raw, pool.imap_unordered) for name in arguments.tasksets or SETTINGS
        ]
    tables = [pd.concat(parts, ignore_index=True) for parts in zip(*found, strict=True)]
    kept = [
        keep(HERE / f"{name}.parquet", new) for name, new in zip(("losses", "rates", "changes"), tables, strict=True)
    ]
    draw(kept[0], HERE / "figures")
    write(*kept, HERE / "README.md")


if __name__ == "__main__":
    main()
