"""What a job takes along: the spec, and what it names beside it, no more and no less."""

import os

import pytest
import yaml
from builders import spec_content

from distgroup.distributed import bundle as module
from distgroup.distributed.bundle import bundle
from distgroup.errors import RequestError

TABLE = {"kind": "table", "inputs": ["x"], "tasks": {"y": {"column": "y", "kind": "regression"}}}

LOADS = "from helper import NAMES\n\ndef load():\n    raise NotImplementedError\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "here" / "data").mkdir(parents=True)
    (tmp_path / "here" / "data" / "houses.csv").write_text("x,y\n1,2\n")
    (tmp_path / "here" / "other.csv").write_text("not named")
    (tmp_path / "here" / "houses.py").write_text(LOADS)
    (tmp_path / "here" / "helper.py").write_text("NAMES = []\n")
    return tmp_path


def sent(folder, **changes):
    """Files that go along, and the spec."""
    spec = folder / "here" / "small.yaml"
    spec.write_text(yaml.safe_dump(spec_content(changes)))
    bundle(spec, folder / "there")
    return sorted(str(path.relative_to(folder / "there")) for path in (folder / "there").rglob("*") if path.is_file())


def test_a_table_beside_the_spec_keeps_its_place(folder):
    assert sent(folder, data=TABLE | {"path": "data/houses.csv"}) == ["data/houses.csv", "spec.yaml"]


@pytest.mark.parametrize("place", ["/mnt/shared/houses.csv", "s3://bucket/houses.parquet"])
def test_data_elsewhere_is_the_cluster_s_own(folder, place):
    assert sent(folder, data=TABLE | {"path": place}) == ["spec.yaml"]


def test_the_user_s_modules_go_along_with_those_that_they_may_import(folder):
    assert sent(folder, data={"kind": "python", "path": "houses:load"}) == ["helper.py", "houses.py", "spec.yaml"]


def test_an_installed_module_does_not(folder):
    assert sent(folder, data={"kind": "python", "path": "json:loads"}) == ["spec.yaml"]


def test_a_spec_that_needs_nothing_goes_alone(folder):
    assert sent(folder) == ["spec.yaml"]


def test_a_missing_table_is_named_before_anything_is_sent(folder):
    with pytest.raises(RequestError, match=r"small.yaml: data.path: .*/here/absent.csv: there is no such file"):
        sent(folder, data=TABLE | {"path": "absent.csv"})


def test_a_table_above_the_spec_is_refused(folder):
    (folder / "above.csv").write_text("x,y\n1,2\n")
    with pytest.raises(RequestError, match=r"\.\./above.csv is not below the spec's folder"):
        sent(folder, data=TABLE | {"path": "../above.csv"})


def test_more_than_the_job_server_takes_is_refused_with_its_size(folder):
    os.truncate(folder / "here" / "data" / "houses.csv", module.LIMIT + 2**20)
    with pytest.raises(RequestError, match=r"are 91 MiB, and 90 MiB at most"):
        sent(folder, data=TABLE | {"path": "data/houses.csv"})
