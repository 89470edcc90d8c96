"""`distgroup submit`: a run on a Ray cluster, sent from a machine that is no part of it."""

from pathlib import Path
from typing import Annotated

import typer

from distgroup.commands.follow import Address, follow


def submit(
    spec: Annotated[Path, typer.Argument(help="The spec, a YAML file", show_default=False)],
    address: Address,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the job until it ends")] = True,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with, or show, an earlier run of this spec")] = False,
    output: Annotated[
        str | None, typer.Option(help="An object store or a folder that every node mounts, in place of `output`")
    ] = None,
) -> None:
    """Run a spec on a cluster, with the files beside it that it names; the job goes on if this command is ended.

    Exit status: the job's own. With --no-wait, prints the job's id alone.

    Example: distgroup submit spec.yaml --address http://head:8265 --output s3://bucket/sweep
    """
    from distgroup.distributed.jobs import Jobs

    jobs = Jobs(address)
    job = jobs.submit(spec, output, resume)
    if not wait:
        typer.echo(job)
        return
    typer.echo(f"submitted as {job}")
    follow(jobs, job)
