"""What is proposed depends on the spec and on what came of earlier batches, and on nothing else."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import TrialState

from distgroup.points import combinations, walk
from distgroup.proposals import Proposal, Proposals, arms, number_of_trials
from distgroup.search import Search

SPACE = {"estimator": ["random", "label_similarity", "lookahead"], "num_groups": [1, 2, 3, "auto"]}
RATE = {"training.optimizer.lr": {"low": 0.001, "high": 0.1, "log": True}}


def search(space=SPACE, **options) -> Search:
    return Search(space=space, **options)


def worth(proposal: Proposal) -> float:
    """Something that a sampler can learn."""
    of = {"random": 0.0, "label_similarity": 0.5, "lookahead": 1.0}
    return of[proposal.point["estimator"]] + proposal.number / 100


def all_of(proposals: Proposals, order=sorted, ended=lambda proposal: ([worth(proposal)], TrialState.COMPLETE)):
    """Every proposal, each batch told in the order that ``order`` puts its numbers in."""
    found = []
    while True:
        batch = []
        while (proposal := proposals.ask()) is not None:
            batch.append(proposal)
        if not batch:
            return found
        by = {proposal.number: proposal for proposal in batch}
        for number in order(list(by)):
            proposals.tell(number, *ended(by[number]))
        found += batch


def points(found):
    return [(one.number, one.arm, dict(one.point)) for one in found]


SAMPLERS = ["tpe", "random", "grid", {"kind": "nsga2", "population": 4}]


@pytest.mark.parametrize("sampler", SAMPLERS, ids=str)
@given(data=st.data())
def test_the_order_in_which_a_batch_ends_changes_nothing(sampler, data):
    of = search(SPACE | {"hyperparameters": RATE}, trials=10, batch=5, sampler=sampler)
    shuffled = all_of(Proposals(of, 3), order=lambda numbers: data.draw(st.permutations(numbers)))
    assert points(shuffled) == points(all_of(Proposals(of, 3)))


def test_a_batch_waits_for_all_of_the_one_before():
    proposals = Proposals(search(trials=4, batch=2), 3)
    first = [proposals.ask(), proposals.ask()]
    assert proposals.ask() is None
    proposals.tell(first[1].number, [0.5])
    assert proposals.ask() is None
    proposals.tell(first[0].number, [0.5])
    assert proposals.ask().number == 2


def test_a_grid_exhausts_the_lists_and_draws_its_ranges():
    space = SPACE | {"hyperparameters": RATE}
    of = search(space, trials=50, sampler="grid", batch=4)
    found = all_of(Proposals(of, 3))
    assert len(found) == 12 == number_of_trials(of, 3)
    lists = [{name: value for name, value in one.point.items() if name not in RATE} for one in found]
    expected = list(combinations(partial(walk, of.space)))
    assert sorted(map(str, lists)) == sorted(map(str, expected))
    rates = [one.choice.hyperparameters["training.optimizer.lr"] for one in found]
    assert all(0.001 <= rate <= 0.1 for rate in rates)
    assert len(set(rates)) == len(rates)


def test_a_grid_that_is_cut_short_is_a_part_of_the_whole():
    found = points(all_of(Proposals(search(trials=5, sampler="grid"), 3)))
    assert len(found) == 5 == len({str(point) for _, _, point in found})


def test_at_equal_budget_each_arm_has_as_many_trials_and_a_study_of_its_own():
    of = search(SPACE | {"hyperparameters": RATE}, trials=3, batch=2, sampler="random", baselines="equal_budget")
    found = all_of(Proposals(of, 3), ended=lambda one: ([one.number / 10], TrialState.COMPLETE))
    names = [arm.name for arm in arms(of, 3)]
    assert names == ["random", "label_similarity", "lookahead", "all_in_one", "single_task"]
    assert [one.arm for one in found] == [arm for arm in range(5) for _ in range(3)]
    for one in found:
        choice = one.choice
        assert (choice.baseline or choice.estimator.kind) == names[one.arm]
        if choice.baseline:
            assert choice.num_groups == {"all_in_one": 1, "single_task": 3}[choice.baseline]
            assert choice.estimator is choice.selector is None
    assert number_of_trials(of, 3) == len(found) == 15


@pytest.mark.parametrize("state", [TrialState.FAIL, TrialState.PRUNED])
def test_what_failed_or_was_pruned_is_told_and_the_rest_goes_on(state):
    seen = []
    proposals = Proposals(search(trials=6, batch=3), 3, lambda arm, trial: seen.append((arm, trial)))
    found = all_of(proposals, ended=lambda one: ([], state) if one.number % 2 else ([1.0], TrialState.COMPLETE))
    assert len(found) == 6
    assert [trial.state for _, trial in seen] == [TrialState.COMPLETE, state] * 3
    assert [trial.user_attrs["trial_id"] for _, trial in seen] == [one.trial_id for one in found]
    assert {arm for arm, _ in seen} == {0}


PRUNER = {"kind": "median", "startup_trials": 2, "warm_up": 0}


def pruned(own: float, beside: float) -> bool:
    """Is a trial of the second batch stopped whose first report is ``own``, while the one beside reports ``beside``?"""
    proposals = Proposals(search(trials=6, batch=3, pruner=PRUNER), 3)
    for one, value in zip([proposals.ask() for _ in range(3)], (0.1, 0.2, 0.3), strict=True):
        assert not proposals.report(one.number, 1, value)
        proposals.tell(one.number, [value])
    first, second, _ = [proposals.ask() for _ in range(3)]
    proposals.report(first.number, 1, beside)
    return proposals.report(second.number, 1, own)


@pytest.mark.parametrize("beside", [-5.0, 0.15, 5.0])
def test_pruning_depends_on_earlier_batches_alone(beside):
    assert pruned(0.15, beside)
    assert not pruned(0.25, beside)


def test_without_a_pruner_nothing_is_stopped():
    proposals = Proposals(search(trials=2), 3)
    one = proposals.ask()
    assert not any(proposals.report(one.number, step, -100.0) for step in range(1, 5))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=str)
def test_two_objectives(sampler):
    seen = []
    of = search(trials=12, batch=4, sampler=sampler, objectives=["delta_m", "cost"])
    proposals = Proposals(of, 3, lambda _, trial: seen.append(trial.values))
    found = all_of(proposals, ended=lambda one: ([worth(one), 100.0 + one.number], TrialState.COMPLETE))
    assert seen == [[worth(one), 100.0 + one.number] for one in found]
    front = [trial.user_attrs["trial_id"] for trial in proposals.studies[0].best_trials]
    best = max(found, key=worth)
    assert best.trial_id in front
    assert "00000" in front


def test_tpe_comes_to_prefer_what_does_well():
    found = all_of(Proposals(search(trials=60, batch=2, sampler={"kind": "tpe", "seed": 1}), 3))
    last = [one.point["estimator"] for one in found[-20:]]
    assert last.count("lookahead") > 10


def test_trials_that_need_the_same_estimate_say_so():
    found = all_of(Proposals(search(trials=20, sampler="random"), 3))
    for one in found:
        for other in found:
            same = one.point["estimator"] == other.point["estimator"]
            assert (one.estimate == other.estimate) == same
