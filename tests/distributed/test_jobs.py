"""Jobs that are refused before they are sent."""

import socket

import pytest
import yaml
from builders import spec_content

from distgroup.distributed import jobs as module
from distgroup.distributed.jobs import Jobs
from distgroup.errors import RequestError


def submit(folder, address="http://127.0.0.1:9", **changes):
    (folder / "spec.yaml").write_text(yaml.safe_dump(spec_content(changes)))
    with pytest.raises(RequestError) as caught:
        Jobs(address).submit(folder / "spec.yaml", None, resume=False)
    return str(caught.value)


def test_a_relative_output_is_refused_with_what_to_set(tmp_path):
    said = submit(tmp_path, output="results/here")
    assert "spec.yaml: output: 'results/here' is relative" in said
    assert "s3://bucket/folder" in said


def test_a_wrong_spec_is_refused_before_the_cluster_is_asked(tmp_path):
    assert "training.steps" in submit(tmp_path, **{"training.steps": "many"})


def test_a_server_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "REACH_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    said = submit(tmp_path, f"127.0.0.1:{port}", output="s3://bucket/run")
    assert f"--address http://127.0.0.1:{port}: no Ray job server answers there within 1 s" in said
    assert "8265" in said
