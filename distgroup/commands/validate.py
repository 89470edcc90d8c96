"""`distgroup validate`: is the spec right, does its data load, and how much work is it?"""

from pathlib import Path
from typing import Annotated

import typer

from distgroup.commands.screen import screen


def validate(spec: Annotated[Path, typer.Argument(help="The spec, a YAML file", show_default=False)]) -> None:
    """Check a spec and its data, and say how many networks and trials it takes. Starts nothing.

    Example: distgroup validate experiments/quickstart/spec.yaml
    """
    from distgroup.enumerable import check_enumerable
    from distgroup.proposals import number_of_trials
    from distgroup.spec import load_spec

    parsed = load_spec(spec)
    problem = parsed.problem(spec.parent)
    networks = check_enumerable(problem, len(parsed.seeds))
    rows = ", ".join(f"{len(split)} {name}" for name, split in problem.task_set.splits.items())
    console = screen()
    console.print(f"{spec}: valid")
    console.print(f"  data: {problem.task_set.name}, {rows} rows, {problem.task_set.features} inputs")
    console.print(f"  tasks: {', '.join(f'{task.name} ({task.kind})' for task in problem.task_set.tasks)}")
    steps = problem.training.steps
    console.print(f"  ground truth: {networks:,} networks of {steps} steps, {networks * steps:,} network-steps")
    console.print(f"  search: {number_of_trials(parsed.search, len(problem.task_set.tasks))} trials")
