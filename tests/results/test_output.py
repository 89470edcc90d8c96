import json

import pytest
import yaml
from builders import make_problem, make_task_set, spec_content

from distgroup.errors import RequestError
from distgroup.results.output import open_output, write_manifest
from distgroup.spec import Spec, load_spec


def make_spec(**changes):
    return Spec.model_validate(spec_content(changes))


def with_a_table(folder, spec):
    store = open_output(folder, spec, resume=False)
    store.write("subsets", "a", [{"seed": 0}])
    return store


def test_a_new_folder_holds_the_resolved_spec(tmp_path):
    spec = make_spec()
    store = open_output(tmp_path / "deep" / "out", spec, resume=False)
    assert store.root.is_absolute()
    assert load_spec(tmp_path / "deep" / "out" / "spec.yaml") == spec
    assert "optimizer" in yaml.safe_load((store.root / "spec.yaml").read_text())["training"]


def test_an_empty_folder_will_do(tmp_path):
    open_output(tmp_path, make_spec(), resume=False)
    assert (tmp_path / "spec.yaml").exists()


def test_the_same_spec_needs_resume(tmp_path):
    with_a_table(tmp_path, make_spec())
    with pytest.raises(RequestError, match=f"{tmp_path}: already holds results of this spec; add --resume"):
        open_output(tmp_path, make_spec(), resume=False)
    assert len(open_output(tmp_path, make_spec(), resume=True).read("subsets")) == 1


def test_where_results_lie_is_no_difference(tmp_path):
    with_a_table(tmp_path, make_spec())
    open_output(tmp_path, make_spec(output="elsewhere"), resume=True)


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"training.steps": 6}, "training.steps: there 5, here 6"),
        ({"gain": "log_ratio"}, "gain: there relative, here log_ratio"),
        ({"seeds": [0, 1, 2]}, r"seeds\[2\]: there absent, here 2"),
        ({"seeds": [1]}, r"seeds\[0\]: there 0, here 1; seeds\[1\]: there 1, here absent"),
    ],
)
def test_another_specs_results_are_refused_and_kept(tmp_path, resume, change, said):
    with_a_table(tmp_path, make_spec())
    before = (tmp_path / "spec.yaml").read_text()
    with pytest.raises(RequestError, match=rf"holds the results of another spec \({said}\); choose another --output"):
        open_output(tmp_path, make_spec(**change), resume=resume)
    assert (tmp_path / "spec.yaml").read_text() == before


def test_a_folder_with_anything_else_is_refused_and_kept(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(RequestError, match="not a distgroup run; choose another --output"):
        open_output(tmp_path, make_spec(), resume=False)
    with pytest.raises(RequestError, match="a file stands where"):
        open_output(tmp_path / "thesis.tex", make_spec(), resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_run_that_ended_before_its_first_table_is_no_results(tmp_path):
    write_manifest(open_output(tmp_path, make_spec(), resume=False).root, make_problem())
    open_output(tmp_path, make_spec(**{"training.steps": 6}), resume=False)
    assert load_spec(tmp_path / "spec.yaml").training.steps == 6


def test_the_manifest_says_what_made_the_tables(tmp_path):
    problem = make_problem()
    write_manifest(tmp_path, problem)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["spec_hash"] == problem.digest
    assert manifest["taskset_digest"] == problem.task_set.digest
    assert {"distgroup", "torch", "ray", "python"} <= set(manifest["versions"])


def test_changed_data_under_the_same_spec_are_noticed(tmp_path):
    store = with_a_table(tmp_path, make_spec())
    write_manifest(store.root, make_problem())
    write_manifest(store.root, make_problem())
    with pytest.raises(RequestError, match="the data have changed"):
        write_manifest(store.root, make_problem(make_task_set(seed=1)))


def test_a_users_own_spec_is_not_overwritten(tmp_path):
    own = tmp_path / "spec.yaml"
    own.write_text("# mine\n" + make_spec().to_yaml())
    with pytest.raises(RequestError, match="not a distgroup run"):
        open_output(tmp_path, make_spec(), resume=False)
    assert own.read_text().startswith("# mine")


def test_resuming_elsewhere_is_noted_and_keeps_the_first(tmp_path):
    store = with_a_table(tmp_path, make_spec())
    write_manifest(store.root, make_problem())
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["versions"]["torch"] = "1.0"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    for _ in range(2):
        write_manifest(store.root, make_problem())
    after = json.loads((tmp_path / "manifest.json").read_text())
    assert after["versions"]["torch"] == "1.0"
    assert len(after["resumed"]) == 1


def test_a_damaged_manifest_is_named(tmp_path):
    store = with_a_table(tmp_path, make_spec())
    (tmp_path / "manifest.json").write_text('{"versions": ')
    with pytest.raises(RequestError, match=r"manifest.json: missing or damaged"):
        write_manifest(store.root, make_problem())


def test_a_file_where_the_folder_is_to_be(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "deep"):
        with pytest.raises(RequestError, match="a file stands where"):
            open_output(folder, make_spec(), resume=False)
