"""`distgroup run`: the main job, with progress, ending in a table of what was found."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from distgroup.commands.progress import progress
from distgroup.commands.quiet import stderr_to
from distgroup.commands.screen import screen


def run(
    spec: Annotated[Path, typer.Argument(help="The spec, a YAML file", show_default=False)],
    address: Annotated[str | None, typer.Option(help="Of a Ray cluster; without it, this machine")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with, or show, an earlier run of this spec")] = False,
    output: Annotated[
        str | None, typer.Option(help="Folder of the tables, or s3:// or gs:// URI, in place of the spec's `output`")
    ] = None,
) -> None:
    """Enumerate every grouping, search over estimators and group counts, score each against the truth.

    Example: distgroup run experiments/quickstart/spec.yaml
    """
    from distgroup.best import has_model, model_folder
    from distgroup.checks import checked
    from distgroup.results.output import opened, write_manifest
    from distgroup.results.report.summary import summarise
    from distgroup.results.report.terminal import show
    from distgroup.spec import load_spec

    console = screen()
    parsed = load_spec(spec)
    points = checked(parsed, spec)
    problems = [point.problem for point in points]
    with opened(output or parsed.output, parsed, problems, resume=resume) as store:
        write_manifest(store, problems)
        for damaged in store.set_aside_damaged():
            console.print(str(damaged), soft_wrap=True)
        log = store.scratch / "logs" / "run.log"
        try:
            with stderr_to(log):
                from distgroup.run import run as run_points  # Ray takes seconds to import: a wrong spec should not wait

                run_points(points, store, address, partial(progress, console))
        except KeyboardInterrupt:
            again = f"distgroup run {spec} --resume" + (f" --output {output}" if output else "")
            console.print(f"interrupted; what is done is kept. Go on with: {again}", soft_wrap=True)
            raise typer.Exit(130) from None
        except Exception:
            console.print(f"what is done is kept: --resume goes on with it. Ray's messages: {log}", soft_wrap=True)
            raise
    summary = summarise(store)
    show(summary, console)
    console.print(f"tables: {store.location / 'tables'}", soft_wrap=True)
    for point in points:
        folder = model_folder(point, store, alone=len(points) == 1)
        if point.spec.train.best and has_model(folder):
            console.print(f"model: {folder}", soft_wrap=True)
    if store.local is None:
        console.print(f"Ray's messages: {log}", soft_wrap=True)
    if not summary.succeeded:
        raise typer.Exit(1)
