import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distgroup.gains import gain

losses = st.floats(1e-3, 1e3)
metrics = st.floats(-10, 10).filter(lambda value: abs(value) > 1e-3)
kinds = st.sampled_from(["relative", "log_ratio", "metric"])


def one(kind, loss, alone, metric, alone_metric):
    return float(gain(kind, *(np.array(value) for value in (loss, alone, metric, alone_metric))))


def test_by_hand():
    assert one("relative", 0.3, 0.4, 0, 0) == pytest.approx(0.25)
    assert one("relative", 0.8, 0.4, 0, 0) == pytest.approx(-1.0)
    assert one("log_ratio", 0.8, 0.4, 0, 0) == pytest.approx(-np.log(2))
    assert one("metric", 0, 0, 0.9, 0.6) == pytest.approx(0.3)
    assert one("metric", 0, 0, -0.1, 0.2) == pytest.approx(-0.3)


@given(kinds, losses, metrics)
def test_a_singleton_gains_exactly_nothing(kind, loss, metric):
    assert one(kind, loss, loss, metric, metric) == 0.0


@given(kinds, losses, losses, metrics, metrics)
def test_a_gain_is_positive_where_sharing_helps(kind, loss, alone, metric, alone_metric):
    found = one(kind, loss, alone, metric, alone_metric)
    better = metric - alone_metric if kind == "metric" else alone - loss
    assert found * better >= 0


@given(losses, losses)
def test_log_ratio_is_symmetric(loss, alone):
    assert one("log_ratio", loss, alone, 0, 0) == pytest.approx(-one("log_ratio", alone, loss, 0, 0))


def test_element_by_element():
    found = gain("relative", np.array([[1.0, 2.0]]), np.array([2.0, 2.0]), np.zeros(2), np.zeros(2))
    np.testing.assert_array_equal(found, [[0.5, 0.0]])


@pytest.mark.parametrize("kind", ["relative", "log_ratio"])
def test_a_task_learned_perfectly_has_finite_gains(kind):
    assert one(kind, 0.0, 0.0, 0, 0) == 0.0
    assert np.isfinite(one(kind, 0.5, 0.0, 0, 0))
    assert one(kind, 0.0, 0.5, 0, 0) > 0
