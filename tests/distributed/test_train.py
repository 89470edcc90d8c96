"""Data-parallel training with Ray Train: on any number of ranks it is what one rank does."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from distributed.train_cases import assignment, cases, every_case, normalised, outcome
from ray.train import ControllerError, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer

from distgroup.distributed import train as train_module
from distgroup.distributed.train import train
from distgroup.distributed.training_folder import claim, remove, share_folder, superseded
from distgroup.errors import DivergedError, RequestError, TrainingError
from distgroup.grouping import Grouping
from distgroup.location import Location
from distgroup.training.comm import Ranks
from distgroup.training.execution import train_here
from distgroup.training.regrouping import Adaptive
from distgroup.training.settings import Parallel, Sgd

pytestmark = pytest.mark.usefixtures("two_cpus")

CPU = torch.device("cpu")
TESTS = {"env_vars": {"PYTHONPATH": str(Path(__file__).parents[1])}}
PAIRS = Grouping.parse("height+light|colour+width")


@pytest.fixture(scope="module", params=[2, pytest.param(3, marks=pytest.mark.slow)])
def on_ranks(request, tmp_path_factory):
    """All cases in one start of the ranks: a start takes longer than all of them."""
    trainer = TorchTrainer(
        every_case,
        train_loop_config={"workers": request.param},
        torch_config=TorchConfig(backend="gloo"),
        scaling_config=ScalingConfig(num_workers=request.param, resources_per_worker={"CPU": 0.5}),
        run_config=RunConfig(
            storage_path=str(tmp_path_factory.mktemp("ranks")), name="cases", worker_runtime_env=TESTS
        ),
    )
    return request.param, *pickle.loads(trainer.fit().return_value)


def assert_same(found, expected):
    """Losses of every step, affinities, groupings, evaluations and parameters."""
    assert len(found.networks) == len(expected.networks)
    for ours, theirs in zip(found.networks, expected.networks, strict=True):
        assert (ours.group, ours.tasks) == (theirs.group, theirs.tasks)
        np.testing.assert_allclose(ours.losses, theirs.losses, rtol=0, atol=1e-9)
        np.testing.assert_allclose(ours.affinity, theirs.affinity, rtol=0, atol=1e-9)
        made = [[(one.step, one.grouping) for one in network.regroupings] for network in (ours, theirs)]
        assert made[0] == made[1]
        for name, value in theirs.parameters.items():
            torch.testing.assert_close(ours.parameters[name], value, rtol=0, atol=1e-9)
        for split, evaluation in theirs.evaluations.items():
            np.testing.assert_allclose(ours.evaluations[split].loss, evaluation.loss, rtol=0, atol=1e-9)
            np.testing.assert_allclose(ours.evaluations[split].metric, evaluation.metric, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in cases() if name != "infinite"])
def test_ranks_together_do_what_one_does(on_ranks, name):
    assert_same(on_ranks[1][name], outcome(cases()[name], Ranks()))


def test_regrouping_happens_in_these_cases(on_ranks):
    for name in ("adaptive", "two groups"):
        made = on_ranks[1][name].networks[0].regroupings
        assert len({str(one.grouping) for one in made}) > 1
        assert made[-1].affinity.any()


def test_an_infinite_loss_on_one_rank_stops_all_of_them_and_is_named(on_ranks):
    expected = outcome(cases()["infinite"], Ranks())
    assert "task 'width' is inf at step" in expected
    assert on_ranks[1]["infinite"] == expected


def test_ranks_stay_alike_to_the_bit_also_with_dropout_and_running_statistics(on_ranks):
    workers, _, noisy, alike = on_ranks
    assert alike == [True] * workers
    alone = outcome(normalised(), Ranks()).networks[0].parameters
    for statistics in ("running_mean", "running_var"):
        name = f"encoder.layers.1.{statistics}"
        torch.testing.assert_close(noisy[name], alone[name], rtol=0.5, atol=0.2)
        assert not torch.equal(noisy[name], alone[name])


def parallel(workers=2, every=5):
    return {"workers": workers, "parallel": Parallel(cpus_per_worker=0.5, checkpoint_every=every)}


def unlucky(monkeypatch, times):
    """So often, ranks do not find together, as when a node is lost at that moment. Ray Train itself gives up then."""
    real, attempts = train_module._trainer, []

    class Unlucky:
        def fit(self):
            raise ControllerError(RuntimeError("Gloo connectFullMesh failed"))

    def trainer(*arguments):
        attempts.append(arguments)
        return Unlucky() if len(attempts) <= times else real(*arguments)

    monkeypatch.setattr(train_module, "_trainer", trainer)
    return attempts


def test_what_is_trained_is_kept_and_shown_again_or_refused(tmp_path, monkeypatch):
    """By `train` itself: a second attempt, progress, checkpoints, and what becomes of them."""
    attempts = unlucky(monkeypatch, 1)
    wanted, told = assignment("selective", PAIRS, **parallel()), []
    found = train(wanted, tmp_path, dtype=torch.float64, done=told.append)
    assert_same(found, train_here(wanted, CPU, torch.float64))
    assert sum(told) == wanted.batches
    assert len(attempts) == 2
    with pytest.raises(RequestError, match="--resume"):
        train(wanted, tmp_path)
    with pytest.raises(RequestError, match=r"grouping: there .*, here"):
        train(assignment("selective", Adaptive(), **parallel()), tmp_path, resume=True)


def test_networks_are_trained_side_by_side_where_there_is_room(tmp_path):
    """Three networks on two CPUs: one share of two and one of one, and as if they had been trained in turn."""
    wanted = assignment("separate", Grouping.parse("height+light|colour+width|light"), missing=0.3)
    found = train(wanted, tmp_path, dtype=torch.float64)
    assert_same(found, train_here(wanted, CPU, torch.float64))
    trained = [
        [sorted(network.group) for network in torch.load(file, weights_only=False)["finished"]]
        for share in (0, 1)
        for file in Path(str(share_folder(Location.of(tmp_path), share))).glob("checkpoint_*/state.pt")
    ]
    groups = [sorted(group) for group in wanted.networks]
    assert trained == [groups[::2], groups[1::2]]


def test_shares_are_as_they_were_when_training_began(tmp_path):
    """With more room or less: a share's checkpoint knows the networks of that share alone."""
    folder, pairs = Location.of(tmp_path), assignment("separate", PAIRS)
    assert claim(pairs, folder, 2, resume=False) == 2
    assert claim(pairs, folder, 1, resume=True) == 1
    (share_folder(folder, 0) / "checkpoint_0" / "state.pt").write(b"")
    assert claim(pairs, folder, 2, resume=True) == 1


def test_ranks_that_never_find_together_end_with_what_they_met(tmp_path, monkeypatch):
    attempts = unlucky(monkeypatch, 10)
    with pytest.raises(TrainingError, match=r"^RuntimeError: Gloo connectFullMesh failed$"):
        train(assignment("selective", PAIRS), tmp_path)
    assert len(attempts) == 1 + train_module.RETRIES


def test_divergence_is_raised_once_and_names_the_task(tmp_path):
    """Of two networks, one at a time."""
    wanted = assignment("separate", PAIRS, workers=2, optimizer=Sgd(lr=1e200))
    with pytest.raises(DivergedError, match=r"loss of task '\w+' is (inf|nan) at step \d+, group \w+\+\w+, seed 3"):
        train(wanted, tmp_path, dtype=torch.float64)


@pytest.mark.parametrize(
    ("workers", "message"),
    [(3, r"3 workers take 3 CPUs, and there are 2 CPUs"), (8, r"8 workers cannot share batches of 7 rows")],
)
def test_more_workers_than_there_is_room_or_work_for(tmp_path, workers, message):
    with pytest.raises(RequestError, match=message):
        train(assignment("selective", PAIRS, workers=workers), tmp_path)


def test_a_gpu_that_is_not_there_is_missed(tmp_path):
    with pytest.raises(RequestError, match=r"1 workers take 1 GPU, and there are 0 GPUs"):
        train(assignment("selective", PAIRS, parallel=Parallel(use_gpu=True)), tmp_path)


def test_memory_that_is_not_there_is_missed(tmp_path):
    with pytest.raises(RequestError, match=r"1 workers take 1.02e\+03 GiB of memory, and there are [\d.]+ GiB"):
        train(assignment("selective", PAIRS, parallel=Parallel(memory_per_worker="1TiB")), tmp_path)


def test_a_training_gives_way_to_another_and_only_to_another(tmp_path):
    folder, pairs = Location.of(tmp_path / "model"), assignment("separate", PAIRS)
    assert not superseded(pairs, folder)
    claim(pairs, folder, 2, resume=False)
    (share_folder(folder, 1) / "checkpoint_0" / "state.pt").write(b"")
    (folder / "model.json").write(b"")
    assert not superseded(pairs, folder)
    assert superseded(assignment("selective", PAIRS), folder)
    remove(folder)
    assert folder.entries() == {}
