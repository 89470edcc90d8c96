"""`distgroup train`: train one grouping data-parallel, and keep it as a model."""

from pathlib import Path
from typing import Annotated, Any

import typer

from distgroup.commands.progress import progress
from distgroup.commands.quiet import stderr_to
from distgroup.commands.screen import screen
from distgroup.update import Update


def train(
    spec: Annotated[Path, typer.Argument(help="The spec, a YAML file", show_default=False)],
    grouping: Annotated[
        str | None, typer.Option(help="Such as 'a+b|c'; update selective can do without, and makes one as it trains")
    ] = None,
    update: Annotated[Update, typer.Option(help="One network a group, or one network whose groups step in turn")] = (
        "separate"
    ),
    num_groups: Annotated[
        str | None, typer.Option(help="Of a grouping made in training: at most so many, or auto, the default")
    ] = None,
    regroup_every: Annotated[
        str | None, typer.Option(help="Batches until it is made again, or never; default 100")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="In place of the spec's first")] = None,
    output: Annotated[
        str | None, typer.Option(help="Folder of the model; default: the folder `model` in the spec's `output`")
    ] = None,
    address: Annotated[str | None, typer.Option(help="Of a Ray cluster; without it, this machine")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the latest checkpoint, if there is one")] = False,
) -> None:
    """Train a grouping on `training.workers` workers, which share every batch, and write model.pt and model.json.

    Example: distgroup train experiments/quickstart/spec.yaml
    --grouping "left_digit+sum+right_digit|left_even+right_loop+ink"

    Example: distgroup train experiments/quickstart/spec.yaml --update selective --num-groups 3 --regroup-every 50
    """
    from distgroup.commands.trained_table import show
    from distgroup.errors import RequestError
    from distgroup.location import Location
    from distgroup.results.lock import locked
    from distgroup.results.store import Store
    from distgroup.spec import load_spec
    from distgroup.training.assignment import Assignment

    console = screen()
    parsed = load_spec(spec)
    wanted = _grouping(grouping, update, num_groups, regroup_every)
    problem = parsed.problem(spec.parent)
    first = parsed.seeds[0] if parsed.train.seed is None else parsed.train.seed
    assignment = Assignment(problem, update, wanted, first if seed is None else seed)
    folder = Location.of(output) if output else Location.of(parsed.output) / "model"
    log = Store(folder).scratch / "logs" / "train.log"
    with locked(folder):
        try:
            with stderr_to(log), progress(console, "training", assignment.batches) as done:
                from distgroup.distributed.model import train_model  # Ray takes seconds to import
                from distgroup.distributed.workers import workers

                with workers(address) as joined:
                    trained = train_model(assignment, folder, resume=resume, wait_for_nodes=joined, done=done)
        except KeyboardInterrupt:
            console.print("interrupted; the same command with --resume goes on from the latest checkpoint")
            raise typer.Exit(130) from None
        except RequestError:
            raise
        except Exception:
            console.print(f"--resume goes on from the latest checkpoint. Ray's messages: {log}", soft_wrap=True)
            raise
    show(assignment, trained, console)
    console.print(f"model: {folder}", soft_wrap=True)


def _grouping(grouping: str | None, update: Update, num_groups: str | None, regroup_every: str | None) -> Any:
    """A `Grouping`, or `Adaptive` where one is made in training. Raises RequestError."""
    from distgroup.errors import RequestError
    from distgroup.grouping import Grouping
    from distgroup.training.regrouping import Adaptive

    made = {"--num-groups": num_groups, "--regroup-every": regroup_every}
    given = [option for option, value in made.items() if value is not None]
    if given and (grouping is not None or update == "separate"):
        raise RequestError(f"{given[0]}: only --update selective without --grouping makes groups in training")
    if grouping is not None:
        return Grouping.parse(grouping)
    if update == "separate":
        raise RequestError("--grouping: is needed, such as 'a+b|c'; only --update selective can make one in training")
    options = {"num_groups": _number("--num-groups", num_groups, "auto")} if num_groups is not None else {}
    if regroup_every is not None:
        options["regroup_every"] = _number("--regroup-every", regroup_every, "never")
    return Adaptive.model_validate(options)


def _number(option: str, text: str, word: str) -> int | str:
    from distgroup.errors import RequestError

    if text != word and not (text.isdecimal() and int(text) > 0):
        raise RequestError(f"{option}: found {text!r}; must be a whole number of at least 1, or {word}")
    return text if text == word else int(text)
