"""The launch files: what Ray's and Kubernetes' own checks say of them, and that they agree with the project."""

import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import jsonschema
import pytest
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

from distgroup.spec import Spec

PROJECT = Path(__file__).parents[2]
CLUSTER = PROJECT / "cluster"

LAUNCH_FILES = ("onpremise.yaml", "aws.yaml", "gcp.yaml")


def launch_file(name):
    return prepare_config(yaml.safe_load((CLUSTER / name).read_text()))


def rayjob():
    documents = yaml.safe_load_all((CLUSTER / "kuberay-rayjob.yaml").read_text())
    return {document["kind"]: document for document in documents}


@pytest.mark.parametrize("name", LAUNCH_FILES)
def test_ray_accepts_the_launch_file(name):
    validate_config(launch_file(name))


@pytest.mark.parametrize("name", LAUNCH_FILES)
def test_what_is_sent_to_the_nodes_is_the_project(name):
    config = launch_file(name)
    (place,) = config["file_mounts"]
    assert config["file_mounts"][place] == "."
    install = config["setup_commands"][-1]
    assert f"{place}/constraints.txt {place}" in install
    assert {".git", ".venv"} <= set(config["rsync_exclude"])


@pytest.mark.parametrize("name", ["aws.yaml", "gcp.yaml"])
def test_cloud_clusters_grow_from_nothing_and_shrink_again(name):
    config = launch_file(name)
    workers = config["available_node_types"]["gpu"]
    assert (workers["min_workers"], workers["resources"]["GPU"]) == (0, 1)
    assert 0 < workers["max_workers"] <= config["max_workers"]
    assert config["idle_timeout_minutes"] > 0


def test_every_node_has_the_ray_that_is_tested():
    images = [launch_file(name)["docker"]["image"] for name in ("aws.yaml", "gcp.yaml")]
    images.append((CLUSTER / "Dockerfile").read_text().partition("FROM ")[2].split()[0])
    assert {image.split(":")[1].split("-")[0] for image in images} == {version("ray")}
    assert rayjob()["RayJob"]["spec"]["rayClusterSpec"]["rayVersion"] == version("ray")


def test_the_spec_of_the_rayjob_is_one():
    spec = yaml.safe_load(rayjob()["ConfigMap"]["data"]["spec.yaml"])
    assert Spec.model_validate(spec).name == "quickstart"
    assert spec["output"].startswith("s3://")


def test_the_rayjob_s_pods_find_the_spec_where_the_entrypoint_looks():
    job = rayjob()["RayJob"]["spec"]
    head = job["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    (mount,) = head["containers"][0]["volumeMounts"]
    (volume,) = head["volumes"]
    assert f"{mount['mountPath']}/spec.yaml" in job["entrypoint"].split()
    assert volume == {"name": mount["name"], "configMap": {"name": rayjob()["ConfigMap"]["metadata"]["name"]}}


def test_the_rayjob_has_no_field_that_kuberay_does_not_know():
    """By the names that its API reference gives, for what the file uses."""
    spec = rayjob()["RayJob"]["spec"]
    assert rayjob()["RayJob"]["apiVersion"] == "ray.io/v1"
    job = {"entrypoint", "backoffLimit", "shutdownAfterJobFinishes", "ttlSecondsAfterFinished", "rayClusterSpec"}
    assert set(spec) <= job
    cluster = spec["rayClusterSpec"]
    autoscaling = {"enableInTreeAutoscaling", "autoscalerOptions"}
    assert set(cluster) <= {"rayVersion", "headGroupSpec", "workerGroupSpecs", *autoscaling}
    assert cluster["autoscalerOptions"] == {"version": "v2"}  # which preflight tells from none
    group = {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"}
    for each in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        assert set(each) <= group
        assert all(isinstance(value, str) for value in each["rayStartParams"].values())


def test_the_rayjob_fits_kuberay_s_schema():
    """The whole schema is KubeRay's own file, ray.io_rayjobs.yaml of its custom resource definitions."""
    if "KUBERAY_CRD" not in os.environ:
        pytest.skip("KUBERAY_CRD does not name KubeRay's ray.io_rayjobs.yaml")
    versions = yaml.safe_load(Path(os.environ["KUBERAY_CRD"]).read_text())["spec"]["versions"]
    (schema,) = [each["schema"]["openAPIV3Schema"] for each in versions if each["name"] == "v1"]
    jsonschema.Draft7Validator(_closed(schema)).validate(rayjob()["RayJob"])


def _closed(schema):
    """Kubernetes drops fields that it does not know; here they are errors."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if closed.get("x-kubernetes-int-or-string"):
        closed.pop("type", None)
    if isinstance(closed.get("properties"), dict) and closed.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


@pytest.mark.parametrize("name", ["slurm.sbatch", "local_hosts.sh"])
def test_scripts_parse(name):
    subprocess.run(["bash", "-n", CLUSTER / name], check=True)
