"""Rows of table `trials`."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from distgroup.proposals import Proposal, name_of
from distgroup.training.problem import Problem


def about(problem: Problem, seeds: Sequence[int]) -> dict[str, str]:
    """Columns of a row that is about all seeds: what is comparable with it."""
    return {"taskset": problem.task_set.name, "spec_hash": problem.digest, "seeds": " ".join(map(str, seeds))}


def point_key(problem: Problem, seeds: Sequence[int]) -> str:
    """Names what is about a problem and all of the seeds."""
    text = " ".join(map(str, seeds))
    return f"{problem.digest}-{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"


def part_of(problem: Problem, seeds: Sequence[int], number: int) -> str:
    """Name of a trial's part of the table."""
    return f"{point_key(problem, seeds)}-{name_of(number)}"


def trial_row(problem: Problem, seeds: Sequence[int], proposal: Proposal, found: Mapping[str, Any]) -> dict[str, Any]:
    """What a trial tried and what was found."""
    return {**found, **proposal.choice.columns(), **about(problem, seeds), "trial_id": proposal.trial_id}
