"""`distgroup validate`: is the spec right, does its data load, and how much work is it?"""

from pathlib import Path
from typing import Annotated

import typer

from distgroup.commands.screen import screen


def validate(spec: Annotated[Path, typer.Argument(help="The spec, a YAML file", show_default=False)]) -> None:
    """Check a spec and its data, and say how many networks and trials it takes, and about how long. Starts no run.

    Example: distgroup validate experiments/quickstart/spec.yaml
    """
    from distgroup.checks import checked
    from distgroup.commands.forecast import forecast
    from distgroup.spec import load_spec

    console = screen()
    points = checked(load_spec(spec), spec)
    console.print(f"{spec}: valid")
    for line in forecast(points):
        console.print(f"  {line}")
