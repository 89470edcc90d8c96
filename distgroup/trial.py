"""A trial: a grouping is made, by an estimator or in training, and scored: looked up where enumerated, else trained.

Needs no Ray.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from distgroup.alone import alone
from distgroup.by_training import Progress, Report, Trained, TrainSelective, train_selective, train_separate
from distgroup.choice import Choice
from distgroup.estimated import estimates
from distgroup.grouping import Grouping, group_text
from distgroup.hyperparameters import applied
from distgroup.partition_truth import PartitionTruth
from distgroup.results.optima import spread
from distgroup.results.regroupings import regrouping_rows, tracked_rows
from distgroup.results.store import Store
from distgroup.results.subsets import Alone
from distgroup.results.trials import point_key
from distgroup.scores import GroupScores
from distgroup.selectors import AnySelector
from distgroup.training.problem import Problem
from distgroup.training.regrouping import Adaptive
from distgroup.truth import Floats, Split, Truth

Row = dict[str, Any]

LONGEST_WARM_UP = 100
"""Batches before an adaptive grouping is first made (Jeong & Yoon 2025), but no more than a quarter of all."""


@dataclass(frozen=True)
class Made:
    """A grouping made before training, and what making it took."""

    grouping: Grouping
    scores: GroupScores | None
    steps: int
    seconds: float


@dataclass(frozen=True)
class Bench:
    """What trials are scored on."""

    problem: Problem
    seeds: tuple[int, ...]
    store: Store
    truth: Truth | None = None
    """Of rule `separate`, where it was enumerated."""
    partitions: PartitionTruth | None = None
    """Of rule `selective`, where it was enumerated."""
    seconds: Mapping[str, float] | None = None
    """Training time of each subset's and each partition's networks, over all seeds, as enumeration measured it."""

    def run(
        self, choice: Choice, trial_id: str, device: torch.device, train: TrainSelective = train_selective
    ) -> Iterator[Report | Row]:
        """Reports now and then, if the trial is trained; at the end its columns in table `trials`.

        ``train`` trains a network under rule `selective`. Raises DivergedError if a network of the trial diverges.
        """
        problem = applied(self.problem, choice.hyperparameters)
        if choice.adaptive:
            made, training = None, train(problem, self._alone(device), adaptive(problem, choice), device)
        else:
            made = self._made(problem, choice, device)
            training = self._measured(problem, choice, made.grouping, device, train)
        for found in training:
            if isinstance(found, Trained):
                self._write_courses(problem, trial_id, found)
                yield self._row(choice, made, found)
            else:
                yield found

    def _made(self, problem: Problem, choice: Choice, device: torch.device) -> Made:
        tasks = problem.task_set.names
        if choice.baseline == "all_in_one":
            return Made(Grouping.of([tasks]), None, 0, 0.0)
        if choice.baseline == "single_task":
            return Made(Grouping.of([task] for task in tasks), None, 0, 0.0)
        assert choice.estimator is not None
        assert choice.selector is not None
        estimate = estimates(problem, choice.estimator, self.seeds, self.store, device)
        scores = estimate.scores()
        selector = choice.selector if choice.update == "separate" else partitioning(choice.selector)
        grouping = selector.select(scores, choice.num_groups).grouping
        return Made(grouping, scores, int(estimate.cost_steps.sum()), float(estimate.cost_seconds.sum()))

    def _measured(
        self, problem: Problem, choice: Choice, grouping: Grouping, device: torch.device, train: TrainSelective
    ) -> Progress:
        """Looked up where the grouping's networks were enumerated, else trained."""
        if choice.update == "selective":
            if self.partitions is None or choice.hyperparameters:
                return train(problem, self._alone(device), grouping, device)
            return iter([self._looked_up(self.partitions, grouping, [str(grouping)])])
        if self.truth is None or choice.hyperparameters:
            return iter([train_separate(problem, self._alone(device), grouping, self.store, device)])
        return iter([self._looked_up(self.truth, grouping, [group_text(group) for group in grouping.groups])])

    def _looked_up(self, truth: Truth | PartitionTruth, grouping: Grouping, networks: list[str]) -> Trained:
        steps = self.problem.training.steps * len(self.seeds) * len(grouping)
        seconds = sum((self.seconds or {})[name] for name in networks)
        return Trained({split: truth.delta_m(grouping, split) for split in ("val", "test")}, steps, seconds)

    def _alone(self, device: torch.device) -> dict[int, Alone]:
        """What gains are measured against: single-task networks under the spec's own settings."""
        return {seed: alone(self.problem, seed, self.store, device) for seed in self.seeds}

    def _row(self, choice: Choice, made: Made | None, found: Trained) -> Row:
        truth = None if choice.hyperparameters else self.truth if choice.update == "separate" else self.partitions
        grouping = made.grouping if made else _last_grouping(found)
        row: Row = {
            "grouping": grouping and str(grouping),
            "cost_steps": found.steps + (made.steps if made else 0),
            "cost_seconds": found.seconds + (made.seconds if made else 0.0),
        }
        for split in ("val", "test"):
            row[f"delta_m_{split}"] = float(found.delta_m[split].mean())
            row[f"delta_m_{split}_sd"] = spread(found.delta_m[split])
        if truth is not None:
            row |= verdict(truth, found.delta_m, choice.num_groups)
            row["spearman"] = truth.spearman(made.scores) if made and made.scores else None
        return row

    def _write_courses(self, problem: Problem, trial_id: str, found: Trained) -> None:
        if found.courses:
            key = f"{point_key(self.problem, self.seeds)}-{trial_id}"
            self.store.write("regroupings", key, regrouping_rows(problem, trial_id, found.courses))
            self.store.write("tracked", key, list(tracked_rows(problem, trial_id, found.courses)))


def verdict(truth: Truth | PartitionTruth, delta_m: Mapping[Split, Floats], max_groups: int | None) -> Row:
    """What the truth says of Δm [seeds] that was reached with at most ``max_groups`` groups."""
    return {
        "regret_val": truth.regret(delta_m["val"], max_groups, "val"),
        "regret_test": truth.regret(delta_m["test"], max_groups, "test"),
        "gap_closed_test": truth.gap_closed(delta_m["test"], max_groups)[0],
        "rank_percentile": truth.rank_percentile(delta_m["test"], max_groups),
    }


def partitioning(selector: AnySelector) -> AnySelector:
    """The selector that chooses disjoint groups, as rule `selective` needs; clusterings do so anyway."""
    return selector.model_copy(update={"disjoint": True}) if "disjoint" in type(selector).model_fields else selector


def adaptive(problem: Problem, choice: Choice) -> Adaptive:
    """How the grouping of an adaptive choice is made and made again."""
    assert choice.selector is not None
    return Adaptive(
        num_groups=choice.num_groups or "auto",
        regroup_every=choice.regroup_every,
        selector=partitioning(choice.selector),
        warm_up=min(LONGEST_WARM_UP, problem.training.steps // 4),
    )


def _last_grouping(found: Trained) -> Grouping:
    """The one that most seeds ended with."""
    last = [course.made[-1].grouping for course in found.courses]
    return max(sorted(last, key=str), key=last.count)
