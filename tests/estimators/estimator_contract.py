"""What every estimator promises, whatever it does inside. An estimator's test class inherits this and names itself."""

import numpy as np
import pytest
import torch
from problems import hide, mixed

from distgroup.errors import DivergedError
from distgroup.estimated import estimates
from distgroup.estimators import Estimator
from distgroup.estimators.estimate import AffinityEstimate
from distgroup.grouping import group_of, group_text
from distgroup.results.store import Store
from distgroup.space import Candidate

CPU = torch.device("cpu")
SEEDS = (3, 5)


def predicted(estimate, seed):
    """The predicted score of every task in every group, and the diagonal too where there is an affinity."""
    scores, found = estimate.scores(seed), {}
    for mask in range(1, 1 << len(estimate.tasks)):
        group = group_of(mask, estimate.tasks)
        row = dict(zip(estimate.tasks, scores.of(group), strict=True))
        found |= {(group_text(group), task): row[task] for task in sorted(group)}
    if isinstance(estimate, AffinityEstimate):
        matrix = estimate.affinity[estimate.seeds.index(seed)]
        found |= {("self", task): matrix[i, i] for i, task in enumerate(estimate.tasks)}
    return found


class EstimatorContract:
    estimator: Estimator
    encoder = None
    """Of the problems; None: the usual one."""
    trains = True
    tolerance = 1e-4
    """What float32 leaves of equal sums in another order."""

    def problem(self, **changes):
        return mixed(encoder=self.encoder, **changes)

    def estimate(self, problem, seeds=SEEDS):
        return self.estimator.estimate(problem, seeds, CPU)

    def same(self, a, b):
        for seed in a.seeds:
            assert predicted(a, seed) == pytest.approx(predicted(b, seed), rel=self.tolerance, abs=self.tolerance)

    def test_is_finite_and_states_its_cost(self):
        estimate = self.estimate(self.problem())
        assert all(np.isfinite(list(predicted(estimate, seed).values())).all() for seed in SEEDS)
        assert estimate.cost_steps.shape == estimate.cost_seconds.shape == (len(SEEDS),)
        assert (estimate.cost_steps > 0).all() == self.trains
        assert (estimate.cost_seconds > 0).all()

    def test_order_of_tasks_does_not_matter(self):
        self.same(self.estimate(self.problem()), self.estimate(self.problem(order=(2, 0, 3, 1))))

    def test_is_deterministic(self):
        here, there = self.estimate(self.problem()), self.estimate(self.problem())
        assert all(predicted(here, seed) == predicted(there, seed) for seed in SEEDS)

    def test_each_seed_stands_alone(self):
        both = self.estimate(self.problem())
        self.same(self.estimate(self.problem(), SEEDS[1:]), both)
        self.same(self.estimate(self.problem(), SEEDS[:1]), both)

    def test_leaves_the_world_as_it_was(self):
        problem = self.problem()
        before = problem.task_set.digest, torch.get_rng_state().tolist(), str(np.random.get_state())
        self.estimate(problem)
        problem.task_set.__dict__.pop("digest")
        assert before == (problem.task_set.digest, torch.get_rng_state().tolist(), str(np.random.get_state()))
        assert torch.get_default_dtype() == torch.float32
        assert torch.is_grad_enabled()

    def test_a_row_without_labels_never_counts(self):
        rows = np.arange(0, 60, 3)
        self.same(self.estimate(hide(self.problem(), rows, 0.0)), self.estimate(hide(self.problem(), rows, 5.0)))

    def test_divergence_is_said(self):
        try:
            estimate = self.estimate(self.problem(lr=1e30))
        except DivergedError:
            assert self.trains
        else:
            assert np.isfinite(list(predicted(estimate, SEEDS[0]).values())).all()

    def test_what_is_kept_is_what_was_found(self, tmp_path):
        kept = estimates(self.problem(), self.estimator, SEEDS[:1], Store(tmp_path), CPU)
        more = estimates(self.problem(), self.estimator, SEEDS, Store(tmp_path), CPU)
        assert more.cost_seconds[0] == kept.cost_seconds[0]
        assert predicted(kept, SEEDS[0]) == predicted(more, SEEDS[0])
        self.same(more, self.estimate(self.problem()))

    def test_is_in_the_union_by_its_kind(self):
        entry = {"estimator": self.estimator.model_dump()}
        assert Candidate.model_validate(entry).estimator == self.estimator
