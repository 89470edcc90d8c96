"""`distgroup stop`: ends a submitted job."""

from typing import Annotated

import typer

from distgroup.commands.follow import Address


def stop(
    job: Annotated[str, typer.Argument(help="The id that submit printed", show_default=False)], address: Address
) -> None:
    """End a submitted job. What it has written stays; `submit --resume` goes on with it.

    Example: distgroup stop raysubmit_x7Yb --address http://head:8265
    """
    from distgroup.distributed.jobs import Jobs

    jobs = Jobs(address)
    typer.echo(f"{job}: stopping" if jobs.stop(job) else f"{job}: it had ended already")
