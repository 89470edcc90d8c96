"""The folder of a training: whose it is, and the checkpoints of each share of its networks."""

import json

from distgroup.errors import RequestError
from distgroup.location import Location
from distgroup.training.assignment import Assignment

ABOUT, CHECKPOINTS, SHARES = "training.json", "checkpoints", "shares"


def share_folder(folder: Location, share: int) -> Location:
    """Where one share of the networks has its checkpoints."""
    return folder / CHECKPOINTS / f"share_{share}"


def claim(assignment: Assignment, folder: Location, shares: int, *, resume: bool) -> int:
    """Say in the folder what is trained there, and in how many shares; returns the number that it began with.

    Raises RequestError if another training has begun there, or this one and it is not resumed.
    """
    file, here = folder / ABOUT, assignment.description
    there = json.loads(file.read()) if file.exists() else {}
    if not any(_begun(share_folder(folder, share)) for share in range(there.get(SHARES, 0))):
        file.write(json.dumps(here | {SHARES: shares}, indent=2).encode())
        return shares
    changed = [f"{key}: there {there.get(key)}, here {value}" for key, value in here.items() if there.get(key) != value]
    if changed:
        raise RequestError(f"{folder}: holds another training ({'; '.join(changed)}); choose another --output")
    if not resume:
        raise RequestError(f"{folder}: already holds this training; add --resume to go on, or choose another --output")
    return int(there[SHARES])


def superseded(assignment: Assignment, folder: Location) -> bool:
    """Does the folder hold a training, or its model, other than this one?"""
    file = folder / ABOUT
    return file.exists() and not assignment.description.items() <= json.loads(file.read()).items()


def remove(folder: Location) -> None:
    """Delete a training and its model. What says whose they are goes last: cut short, it is there to be done again."""
    for name, is_file in folder.entries().items():
        if name != ABOUT:
            (folder / name).remove() if is_file else (folder / name).remove_folder()
    (folder / ABOUT).remove()


def _begun(share: Location) -> bool:
    return any(name.startswith("checkpoint_") for name in share.entries())
