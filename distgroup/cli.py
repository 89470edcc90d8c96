"""The command line. Exit status: 0 done, 2 the request is wrong, 1 anything else, 130 interrupted."""

import sys
import traceback
from tempfile import NamedTemporaryFile
from typing import Annotated

import typer

from distgroup import __version__
from distgroup.commands.export import export
from distgroup.commands.report import report
from distgroup.commands.run import run
from distgroup.commands.schema import schema
from distgroup.commands.select import select
from distgroup.commands.status import status
from distgroup.commands.stop import stop
from distgroup.commands.submit import submit
from distgroup.commands.train import train
from distgroup.commands.validate import validate
from distgroup.errors import DivergedError, RequestError, TrainingError, describe

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Which tasks to train together, decided by affinity estimators that are scored against exhaustive truth.",
)
for command in (run, train, submit, status, stop, select, validate, report, export, schema):
    app.command()(command)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"distgroup {__version__}")
        raise typer.Exit


VersionOption = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version")]


@app.callback()
def _root(version: VersionOption = False) -> None:
    """Options that stand before a command."""


def main() -> None:
    """Run the command line; print errors as one message."""
    try:
        app()
    except RequestError as error:
        _fail(str(error), 2)
    except (DivergedError, TrainingError, OSError) as error:
        _fail(describe(error), 1)
    except Exception as error:  # noqa: BLE001 (the last resort: a message, with the stack in a file)
        with NamedTemporaryFile("w", prefix="distgroup-", suffix=".log", delete=False) as log:
            traceback.print_exc(file=log)
        _fail(f"internal error, {describe(error)}; details in {log.name}", 1)


def _fail(message: str, status: int) -> None:
    typer.echo(f"distgroup: {message}", err=True)
    sys.exit(status)
