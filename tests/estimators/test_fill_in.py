"""An affinity fitted to the scores of some groups."""

import numpy as np

from distgroup.estimators.fill_in import affinity_through
from distgroup.grouping import group_of
from distgroup.scores import AffinityScores

TASKS = tuple("abcdef")


def test_recovers_the_affinity_whose_means_it_sees():
    rng = np.random.default_rng(0)
    planted = rng.normal(size=(6, 6))
    np.fill_diagonal(planted, 0)
    groups = [group_of(mask, TASKS) for mask in rng.permutation(np.arange(1, 64))[:40].tolist()]
    scores = AffinityScores(TASKS, planted, 0.0)
    found = affinity_through(groups, TASKS, np.array([scores.of(group) for group in groups]))
    np.testing.assert_allclose(found, planted, atol=0.05)


def test_predicts_the_mean_where_nothing_differs():
    groups = [group_of(mask, TASKS) for mask in range(1, 64)]
    values = np.array([[0.3 if task in group else np.nan for task in TASKS] for group in groups])
    found = affinity_through(groups, TASKS, values)
    np.testing.assert_allclose(found[~np.eye(6, dtype=bool)], 0.3)
