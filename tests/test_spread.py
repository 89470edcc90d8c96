"""What is chosen on where scores come with a spread over seeds."""

import numpy as np
import pytest

from distgroup.scores import membership
from distgroup.spread import chosen_on


def noisy(noise, seeds=4, n=6, seed=0):
    """True scores that companions explain in part, and measurements of them."""
    rng = np.random.default_rng(seed)
    inside = membership(n)[1:]
    truth = inside @ rng.normal(size=(n, n)) / 3 + 0.1 * rng.normal(size=(len(inside), n))
    truth = np.where(inside, truth, np.nan)
    return truth, truth + noise * rng.normal(size=(seeds, *truth.shape))


def test_without_noise_every_rule_is_the_mean():
    truth, values = noisy(0.0)
    for rule in ("mean", "shrunken", "lower"):
        np.testing.assert_allclose(chosen_on(values, rule), truth)


def test_one_seed_has_no_spread():
    _, values = noisy(1.0, seeds=1)
    for rule in ("shrunken", "lower"):
        np.testing.assert_array_equal(chosen_on(values, rule), values[0])


@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_shrinking_comes_closer_to_the_truth(noise):
    for seed in range(5):
        truth, values = noisy(noise, seed=seed)
        errors = {rule: np.nanmean((chosen_on(values, rule) - truth) ** 2) for rule in ("mean", "shrunken")}
        assert errors["shrunken"] < 0.8 * errors["mean"]


def test_known_scores_stay():
    _, values = noisy(1.0)
    values[:, 0] = values[0, 0]
    np.testing.assert_allclose(chosen_on(values, "shrunken")[0], values[0, 0])


def test_few_scores_stay():
    _, values = noisy(1.0, n=3)
    np.testing.assert_allclose(chosen_on(values, "shrunken"), values.mean(axis=0))


def test_lower_is_a_standard_error_below():
    values = np.array([[[1.0]], [[3.0]]])
    assert chosen_on(values, "lower")[0, 0] == pytest.approx(1.0)
