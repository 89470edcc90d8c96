"""What a run takes, counted exactly where it can be, and timed where not."""

from collections import Counter

import pytest
from builders import make_problem, make_task_set, spec_content

from distgroup.choice import Choice
from distgroup.commands.forecast import forecast
from distgroup.cost import EACH, START, cost, drawn
from distgroup.estimators import LabelSimilarity, Lookahead, Random
from distgroup.pace import Pace
from distgroup.search import Search
from distgroup.spec import Spec
from distgroup.sweep import Point
from distgroup.training.settings import Sgd

NAMES = ("height", "light", "colour")


class FixedPace(Pace):
    """A pace that needs no clock: subsets of a seed 70 s, partitions 50 s, all single tasks 30 s, and so on."""

    alone, subsets, partitions, network = 30.0, 70.0, 50.0, 10.0

    def selective(self, seeds, groups, *, tracked):
        return seeds * groups * (3.0 if tracked else 2.0)

    def estimate(self, estimator):
        return {"random": 0.0, "lookahead": 8.0}[estimator.kind]


def a_point(**changes):
    spec = Spec.model_validate(spec_content({"search.space": {"estimator": ["random", "lookahead"]}} | changes))
    return Point(spec, make_problem(make_task_set(NAMES)))


def counted(point):
    return cost(point, FixedPace(point.problem))


def test_enumeration_and_estimates_add_up():
    found = counted(a_point(**{"search.sampler": "grid", "search.trials": 9}))
    assert found.networks == {"separate": 14}
    assert found.enumeration == {"separate": 140.0}
    assert (found.trials, found.estimates, found.estimation) == (2, 2, 16.0)
    assert (found.trained, found.training) == (0, 0.0)
    assert found.total == pytest.approx(140 + 16 + 2 * EACH)


def test_selective_needs_the_single_tasks_too():
    assert counted(a_point(**{"ground_truth.update": ["selective"]})).enumeration == {"selective": 160.0}
    both = counted(a_point(**{"ground_truth.update": ["separate", "selective"]}))
    assert both.enumeration == {"separate": 140.0, "selective": 100.0}
    assert both.networks == {"separate": 14, "selective": 10}


def test_without_ground_truth_every_trial_trains():
    space = {"estimator": ["lookahead"], "num_groups": [2]}
    found = counted(a_point(ground_truth=..., **{"search.space": space, "search.trials": 5}))
    assert (found.trained, found.trials, found.estimates) == (5, 5, 1)
    assert found.training == pytest.approx(5 * 2 * 2 * 10.0 + 2 * 30.0)


def test_adaptive_trials_train_though_all_is_enumerated():
    space = {"update": ["selective"], "estimator": ["random"], "num_groups": [2], "regroup_every": ["never", 5]}
    changes = {"search.space": space, "search.sampler": "grid", "ground_truth.update": ["selective"]}
    found = counted(a_point(**changes))
    assert (found.trials, found.trained) == (2, 1)
    assert found.training == pytest.approx(2 * 2 * 3.0)


def test_with_hyperparameters_every_trial_trains_and_estimates_for_itself():
    space = {"estimator": ["lookahead"], "hyperparameters": {"training.optimizer.lr": {"low": 0.1, "high": 0.2}}}
    found = counted(a_point(**{"search.space": space, "search.trials": 6}))
    assert (found.trained, found.estimates) == (6, 6)
    assert found.estimation == pytest.approx(6 * 8.0 * 2)


def test_draws_are_uniform_and_always_the_same():
    both = {"update": ["separate", "selective"], "regroup_every": [5, "never"]}
    space = both | {"estimator": ["random", "label_similarity"]}
    search = Search(space=space, trials=400)
    found = list(drawn(search, 3))
    assert found == list(drawn(search, 3))
    assert all(isinstance(choice, Choice) for choice in found)
    kinds = Counter((choice.update, choice.adaptive) for choice in found)
    assert kinds["separate", False] == pytest.approx(200, abs=50)
    assert kinds["selective", True] == pytest.approx(100, abs=40)


@pytest.fixture(scope="module")
def pace():
    return Pace(make_problem(make_task_set(NAMES), steps=60))


def test_an_estimate_that_trains_takes_longer_than_one_that_does_not(pace):
    assert pace.estimate(Lookahead()) > 3 * pace.estimate(Random())
    assert pace.estimate(LabelSimilarity()) < pace.subsets


def test_more_networks_and_more_steps_take_longer(pace):
    longer = Pace(make_problem(make_task_set(NAMES), steps=6000))
    assert longer.subsets > 10 * pace.subsets
    assert pace.subsets > pace.alone > 0
    assert pace.partitions > 0
    assert pace.selective(2, 3, tracked=True) > pace.selective(2, 1, tracked=False) > 0


def test_a_network_that_diverges_is_timed_all_the_same():
    assert Pace(make_problem(make_task_set(NAMES), optimizer=Sgd(lr=1e30))).estimate(Lookahead()) > 0


def test_it_is_said_in_lines():
    one = list(forecast([a_point()]))
    assert "ground truth, separate: 14 networks of 20 steps, about " in "\n".join(one)
    assert one[-1].startswith("times: an estimate")
    several = "\n".join(forecast([a_point(), a_point(seeds=[0])]))
    assert "point 2: 7 networks of 20 steps, 2 trials, about " in several
    assert "total: 21 networks enumerated, 4 trials, about " in several
    assert f"{START:.0f} of these seconds to start Ray" in several
