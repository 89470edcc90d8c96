"""Before work starts: what cannot be had is refused with figures, and results go where every node sees them."""

import pytest
import ray
from builders import spec_content

from distgroup.distributed.preflight import Needs, check, fits, needs_of, shared_storage
from distgroup.errors import RequestError
from distgroup.resources import Resources
from distgroup.spec import Spec

pytestmark = pytest.mark.usefixtures("two_cpus")


def test_what_fits_passes_in_silence(tmp_path):
    said = []
    check([Needs(workers=2)], tmp_path, joined=False, say=said.append)
    assert said == []
    assert list(tmp_path.iterdir()) == []


def test_workers_that_do_not_fit_at_once_are_refused_with_figures():
    with pytest.raises(RequestError, match=r"3 workers at the same time, each 1 CPU .*1 node of 2 CPUs.*room for 2"):
        fits(Needs(workers=3), joined=False, say=print)


def test_a_gpu_that_no_node_has_is_refused():
    with pytest.raises(RequestError, match=r"1 CPU and 1 GPU on one node needed.*room for 0"):
        fits(Needs(Resources(gpus=1)), joined=False, say=print)


def test_memory_that_no_node_has_is_refused_with_figures():
    with pytest.raises(
        RequestError, match=r"1 CPU and 1.05e\+06 GiB of memory on one node .*2 CPUs and [\d.]+ GiB of mem"
    ):
        fits(Needs(Resources(memory=2**50)), joined=False, say=print)


def test_memory_limits_the_workers_of_a_node():
    each = int(ray.cluster_resources()["memory"] * 0.6)
    with pytest.raises(RequestError, match="room for 1"):
        fits(Needs(Resources(cpus=0.5, memory=each), workers=2), joined=False, say=print)


def test_a_worker_bigger_than_any_node_is_refused_though_all_together_would_do():
    with pytest.raises(RequestError, match=r"4 CPUs on one node needed"):
        fits(Needs(Resources(cpus=4)), joined=False, say=print)


def test_a_joined_cluster_is_given_time_and_a_message():
    said = []
    with pytest.raises(RequestError, match=r"room for 2.*waited 1 s for more nodes"):
        fits(Needs(workers=3), joined=True, say=said.append, limit_s=1)
    assert "waiting up to 1 s for nodes" in said[0]


def test_fractions_of_a_cpu_share_one():
    fits(Needs(Resources(cpus=0.5), workers=4), joined=False, say=print)


def test_one_node_needs_no_shared_folder(tmp_path):
    shared_storage(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_spec_needs_room_for_a_task_and_for_all_workers_of_its_training():
    changes = {
        "resources": {"cpus": 1, "gpus": 0.25, "memory": "2GiB"},
        "training.workers": 4,
        "training.parallel": {"cpus_per_worker": 2, "use_gpu": True, "memory_per_worker": "1GiB"},
        "train": {"best": True},
    }
    assert needs_of(Spec.model_validate(spec_content(changes))) == {
        Needs(Resources(gpus=0.25, memory=2**31)),
        Needs(Resources(cpus=2, gpus=1, memory=2**30), workers=4),
    }
    assert needs_of(Spec.model_validate(spec_content())) == {Needs()}
