"""The mathematics runs without Ray: no folder but `distgroup/distributed` imports it."""

import ast
import subprocess
import sys
from pathlib import Path

import distgroup

PACKAGE = Path(distgroup.__file__).parent

RUN = """
import importlib, pkgutil, sys

class Refusal:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "ray":
            raise ImportError("ray is not to be had")

sys.meta_path.insert(0, Refusal())

import distgroup

for module in pkgutil.walk_packages(distgroup.__path__, "distgroup."):
    if not module.name.startswith(("distgroup.distributed", "distgroup.run")):
        importlib.import_module(module.name)

from pathlib import Path
import torch
from builders import make_problem, make_task_set
from distgroup.estimators import Lookahead
from distgroup.results.store import Store
from distgroup.results.subsets import alone_of, subset_rows
from distgroup.selectors.exact import Exact
from distgroup.training.separate import plan, train_chunk
from distgroup.choice import Choice
from distgroup.trial import Bench
from distgroup.truth import Truth

problem, seeds, cpu = make_problem(make_task_set(("height", "light", "colour"))), (0, 1), torch.device("cpu")
store, alone = Store(Path(sys.argv[1])), {}
for chunk in plan(problem, seeds):
    trained = train_chunk(problem, chunk, cpu)
    if chunk.seed not in alone:
        alone[chunk.seed] = alone_of(trained)
    store.write("subsets", chunk.key(problem), subset_rows(problem, trained, alone[chunk.seed]))
subsets = store.read("subsets")
seconds = subsets.drop_duplicates(["seed", "subset"]).groupby("subset")["seconds"].sum().to_dict()
bench = Bench(problem, seeds, store, Truth.from_table(subsets, problem.task_set.names, seeds), seconds=seconds)
(row,) = bench.run(Choice("separate", Lookahead(), 2, Exact()), "00000", cpu)
assert row["regret_val"] >= -1e-12, row
assert row["cost_steps"] > 0, row
assert "ray" not in sys.modules
print(row["grouping"])
"""


def test_everything_imports_and_a_trial_runs_where_there_is_no_ray(tmp_path):
    environment = {"PYTHONPATH": f"{PACKAGE.parent}:{Path(__file__).parent}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, tmp_path], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.strip().replace("|", "+").split("+")) == {"height", "light", "colour"}


def imported(path):
    """The top-level packages that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def test_only_distributed_imports_ray():
    users = {path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if "ray" in imported(path)}
    assert users
    assert {path.parts[0] for path in users} == {"distributed"}
