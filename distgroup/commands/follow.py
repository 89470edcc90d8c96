"""Following a job, for the commands that do."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from distgroup.distributed.jobs import Jobs

Address = Annotated[str, typer.Option(help="Of the cluster's job server, http://HEAD:8265", show_default=False)]


def follow(jobs: "Jobs", job: str) -> None:
    """Print what a job prints, and exit as it does; interrupted, say that it goes on."""
    try:
        status = jobs.follow(job, _say)
    except KeyboardInterrupt:
        typer.echo(
            f"\n{job} goes on. Follow it: distgroup status {job} --follow --address {jobs.address}\n"
            f"Stop it: distgroup stop {job} --address {jobs.address}"
        )
        raise typer.Exit(130) from None
    typer.echo(jobs.state(job), err=status != 0)
    raise typer.Exit(status)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
