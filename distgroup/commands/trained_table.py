"""What training has come to, as a table in the terminal."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from distgroup.grouping import group_text
from distgroup.training.assignment import Assignment, TrainedRun


def show(assignment: Assignment, trained: TrainedRun, console: Console) -> None:
    """Each task's loss and metric on val and test, and the group whose network predicts it; what it took."""
    task_set, serves = assignment.problem.task_set, trained.serves
    table = Table(title=f"{task_set.name}, seed {assignment.seed}", title_justify="left", box=SIMPLE_HEAD)
    for name in ("task", "metric"):
        table.add_column(name, no_wrap=True)
    for name in ("val loss", "val", "test loss", "test"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("served by", overflow="fold")
    for task in task_set.tasks:
        scores = trained.scores(task.name)
        numbers = [f"{value:.4f}" for split in ("val", "test") for value in scores[split]]
        table.add_row(task.name, task.metric, *numbers, group_text(serves[task.name]))
    console.print(table)
    if assignment.update == "selective":
        console.print(f"groups at the end: {trained.grouping}", soft_wrap=True)
    console.print(
        f"{len(trained.networks)} network{'s' * (len(trained.networks) != 1)}, {trained.steps:,} steps, "
        f"{trained.seconds:.1f} s on {assignment.problem.training.workers} workers"
    )
