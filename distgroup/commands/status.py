"""`distgroup status`: how far a submitted job is."""

from typing import Annotated

import typer

from distgroup.commands.follow import Address, follow


def status(
    job: Annotated[str, typer.Argument(help="The id that submit printed", show_default=False)],
    address: Address,
    wait: Annotated[bool, typer.Option("--follow", help="Print what the job prints, until it ends")] = False,
) -> None:
    """Say how far a submitted job is.

    Exit status: the job's own once it has ended, 130 if it was stopped, 0 before.

    Example: distgroup status raysubmit_x7Yb --follow --address http://head:8265
    """
    from distgroup.distributed.jobs import Jobs

    jobs = Jobs(address)
    if wait:
        follow(jobs, job)
    typer.echo(jobs.state(job))
    raise typer.Exit(jobs.status(job))
