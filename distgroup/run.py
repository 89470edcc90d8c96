"""The main job: enumerate the truth, search, and leave tables behind."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from distgroup.distributed.ground_truth import enumerate_subsets, enumerated
from distgroup.distributed.search import run_search, searched
from distgroup.distributed.workers import workers
from distgroup.enumerable import check_enumerable
from distgroup.results.optima import optima_rows
from distgroup.results.store import Store
from distgroup.space import number_of_trials
from distgroup.spec import Spec
from distgroup.training.problem import Problem
from distgroup.trial import Bench
from distgroup.truth import Truth

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


def run(spec: Spec, problem: Problem, store: Store, address: str | None, progress: Progress) -> None:
    """Run a spec on a Ray of its own, or on the one at ``address``; whatever ``store`` has already is not done again.

    Raises DivergedError if a network of the ground truth diverges, OSError if a table cannot be written.
    """
    if enumerated(problem, spec.seeds, store) and searched(store, spec.search):
        return
    with workers(address):
        bench = _truth(spec, problem, store, progress)
        with progress("search", number_of_trials(spec.search)) as done:
            run_search(bench, spec.search, lambda: done(1))


def _truth(spec: Spec, problem: Problem, store: Store, progress: Progress) -> Bench:
    with progress("ground truth", check_enumerable(problem, len(spec.seeds))) as done:
        for count in enumerate_subsets(problem, spec.seeds, store.root):
            done(count)
    subsets = store.read("subsets")
    truth = Truth.from_table(subsets, problem.task_set.names, spec.seeds)
    store.write("optima", "optima", optima_rows(problem, truth))
    seconds = subsets.drop_duplicates(["seed", "subset"]).groupby("subset")["seconds"].sum().to_dict()
    return Bench(problem, spec.seeds, truth, seconds, Path(store.root))
