import json

import pytest
import yaml
from builders import make_problem, make_task_set, spec_content

from distgroup.errors import RequestError
from distgroup.results.extension import EXTENSIONS, FREE
from distgroup.results.output import open_output, opened, write_manifest
from distgroup.results.schema import TABLES
from distgroup.results.store import Store
from distgroup.spec import Spec, load_spec

PROBLEMS = [make_problem()]


def make_spec(**changes):
    return Spec.model_validate(spec_content(changes))


def with_a_table(folder, spec):
    store = open_output(folder, spec, PROBLEMS, resume=False)
    store.write("subsets", "a", [{"seed": 0}])
    return store


def test_a_new_folder_holds_the_resolved_spec(tmp_path):
    spec = make_spec()
    store = open_output(tmp_path / "deep" / "out", spec, PROBLEMS, resume=False)
    assert store.root.is_absolute()
    assert load_spec(tmp_path / "deep" / "out" / "spec.yaml") == spec
    assert "optimizer" in yaml.safe_load((store.root / "spec.yaml").read_text())["training"]


def test_an_empty_folder_will_do(tmp_path):
    open_output(tmp_path, make_spec(), PROBLEMS, resume=False)
    assert (tmp_path / "spec.yaml").exists()


def test_a_folder_will_do_that_a_run_left_when_it_was_killed_over_its_first_file(tmp_path):
    (tmp_path / ".spec.yaml.host.1.2.tmp").write_text("name:")
    open_output(tmp_path, make_spec(), PROBLEMS, resume=True)
    assert (tmp_path / "spec.yaml").exists()


def test_the_same_spec_needs_resume(tmp_path):
    with_a_table(tmp_path, make_spec())
    with pytest.raises(RequestError, match=f"{tmp_path}: already holds results of this spec; add --resume"):
        open_output(tmp_path, make_spec(), PROBLEMS, resume=False)
    assert len(open_output(tmp_path, make_spec(), PROBLEMS, resume=True).read("subsets")) == 1


def test_where_results_lie_is_no_difference(tmp_path):
    with_a_table(tmp_path, make_spec())
    open_output(tmp_path, make_spec(output="elsewhere"), PROBLEMS, resume=True)


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"training.steps": 6}, "training.steps: there 5, here 6"),
        ({"gain": "log_ratio"}, "gain: there relative, here log_ratio"),
        ({"seeds": [1]}, r"seeds: there \[0, 1\], here \[1\] \(seeds may be added, not taken away\)"),
        ({"seeds": [0, 2, 3]}, r"seeds: there \[0, 1\], here \[0, 2, 3\] \(seeds may be added, not taken away\)"),
        ({"search.trials": 1}, r"search.trials: there 2, here 1 \(trials may be added, not taken away\)"),
        ({"search.trials": 3, "gain": "log_ratio"}, "gain: there relative, here log_ratio"),
        ({"sweep": {"training.steps": [5, 7]}}, r"sweep.training.steps: there absent, here \[5, 7\]"),
    ],
)
def test_another_specs_results_are_refused_and_kept(tmp_path, resume, change, said):
    with_a_table(tmp_path, make_spec())
    before = (tmp_path / "spec.yaml").read_text()
    with pytest.raises(RequestError, match=rf"holds the results of another spec \({said}\); choose another --output"):
        open_output(tmp_path, make_spec(**change), PROBLEMS, resume=resume)
    assert (tmp_path / "spec.yaml").read_text() == before


def test_a_folder_with_anything_else_is_refused_and_kept(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(RequestError, match="not a distgroup run; choose another --output"):
        open_output(tmp_path, make_spec(), PROBLEMS, resume=False)
    with pytest.raises(RequestError, match="a file stands where"):
        open_output(tmp_path / "thesis.tex", make_spec(), PROBLEMS, resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_run_that_ended_before_its_first_table_is_no_results(tmp_path):
    write_manifest(open_output(tmp_path, make_spec(), PROBLEMS, resume=False), [make_problem()])
    open_output(tmp_path, make_spec(**{"training.steps": 6}), PROBLEMS, resume=False)
    assert load_spec(tmp_path / "spec.yaml").training.steps == 6


def test_the_manifest_says_what_made_the_tables(tmp_path):
    problem = make_problem()
    write_manifest(Store(tmp_path), [problem])
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    about = {"taskset": "synthetic", "taskset_digest": problem.task_set.digest, "spec_hash": problem.digest}
    assert manifest["points"] == [about]
    assert {"distgroup", "torch", "ray", "python"} <= set(manifest["versions"])


def test_changed_data_under_the_same_spec_are_noticed_and_nothing_is_touched(tmp_path):
    store = with_a_table(tmp_path, make_spec())
    store.write("trials", "a", [{}])
    write_manifest(store, PROBLEMS)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    changed = [make_problem(make_task_set(seed=1))]
    for spec in (make_spec(), make_spec(seeds=[0, 1, 2])):
        with pytest.raises(RequestError, match="the data have changed"):
            open_output(tmp_path, spec, changed, resume=True)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_a_sweep_that_has_grown_is_no_change_of_data(tmp_path):
    store = with_a_table(tmp_path, make_spec())
    write_manifest(store, PROBLEMS)
    grown = [*PROBLEMS, make_problem(steps=3)]
    write_manifest(open_output(tmp_path, make_spec(), grown, resume=True), grown)
    assert len(json.loads((tmp_path / "manifest.json").read_text())["points"]) == 2


def test_a_users_own_spec_is_not_overwritten(tmp_path):
    own = tmp_path / "spec.yaml"
    own.write_text("# mine\n" + make_spec().to_yaml())
    with pytest.raises(RequestError, match="not a distgroup run"):
        open_output(tmp_path, make_spec(), PROBLEMS, resume=False)
    assert own.read_text().startswith("# mine")


def test_resuming_elsewhere_is_noted_and_keeps_the_first(tmp_path):
    store = with_a_table(tmp_path, make_spec())
    write_manifest(store, [make_problem()])
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["versions"]["torch"] = "1.0"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    for _ in range(2):
        write_manifest(store, [make_problem()])
    after = json.loads((tmp_path / "manifest.json").read_text())
    assert after["versions"]["torch"] == "1.0"
    assert len(after["resumed"]) == 1


def test_a_damaged_manifest_is_named(tmp_path):
    store = with_a_table(tmp_path, make_spec())
    (tmp_path / "manifest.json").write_text('{"versions": ')
    with pytest.raises(RequestError, match=r"manifest.json: missing or damaged"):
        open_output(store.root, make_spec(), PROBLEMS, resume=True)


def test_a_file_where_the_folder_is_to_be(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "deep"):
        with pytest.raises(RequestError, match="a file stands where"):
            open_output(folder, make_spec(), PROBLEMS, resume=False)


def table_keys(store):
    return {table: store.keys(table) for table in TABLES if store.keys(table)}


WRITTEN = {"subsets": {"seed": 0}, "trials": {}, "optima": {}, "regroupings": {"seed": 0}, "affinities": {"seed": 0}}


@pytest.fixture(params=["path", "s3"])
def place(request, tmp_path):
    return request.getfixturevalue("bucket") + "/run" if request.param == "s3" else tmp_path / "run"


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        ({"search.trials": 3}, set(WRITTEN)),
        ({"seeds": [1, 0, 2]}, {"subsets", "affinities"}),
        ({"search.trials": 3, "seeds": [0, 1, 2]}, {"subsets", "affinities"}),
    ],
)
def test_a_spec_that_only_adds_is_taken_up_and_only_rows_over_fewer_seeds_go(place, change, stays):
    store = open_output(place, make_spec(), PROBLEMS, resume=False)
    for table, row in WRITTEN.items():
        store.write(table, "a", [row])
    with pytest.raises(RequestError, match=r"already holds results of a part of this spec; add --resume"):
        open_output(place, make_spec(**change), PROBLEMS, resume=False)
    assert set(table_keys(store)) == set(WRITTEN)
    assert set(table_keys(open_output(place, make_spec(**change), PROBLEMS, resume=True))) == stays
    assert (store.location / "spec.yaml").read().decode() == make_spec(**change).to_yaml()


SWEPT = {"training.steps": [5, 7], "model.encoder.widths": [[8], [8, 8]]}


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        (SWEPT | {"training.steps": [5, 7, 9]}, None),
        (SWEPT | {"training.steps": [7, 5]}, r"sweep.training.steps.0: there 5, here 7"),
        (
            SWEPT | {"training.steps": [5]},
            r"training.steps: there \[5, 7\], here \[5\] \(values may be added at the end",
        ),
        (SWEPT | {"model.encoder.widths": [[8], [8, 8, 8]]}, r"widths.1.2: there absent, here 8"),
        (SWEPT | {"training.batch_size": [8]}, r"sweep.training.batch_size: there absent"),
        ({}, r"sweep.training.steps: there \[5, 7\], here absent"),
    ],
)
def test_a_sweep_grows_at_the_end_of_its_lists_alone(tmp_path, sweep, said):
    with_a_table(tmp_path, make_spec(sweep=SWEPT))
    if said is None:
        assert not open_output(tmp_path, make_spec(sweep=sweep), PROBLEMS, resume=True).empty
    else:
        with pytest.raises(RequestError, match=said):
            open_output(tmp_path, make_spec(sweep=sweep), PROBLEMS, resume=True)


@pytest.mark.parametrize(
    "change",
    [
        {"training.workers": 2},
        {"training.parallel": {"checkpoint_every": 7, "cpus_per_worker": 0.5}},
        {"search.max_concurrent": 1},
        {"resources": {"cpus": 2}},
        {"train": {"best": True}},
    ],
)
def test_what_no_table_depends_on_may_change(tmp_path, change):
    store = with_a_table(tmp_path, make_spec())
    open_output(tmp_path, make_spec(**change), PROBLEMS, resume=True)
    assert table_keys(store) == {"subsets": ["a"]}
    assert load_spec(tmp_path / "spec.yaml") == make_spec(**change)


def test_every_key_that_may_change_is_in_the_spec():
    """A key that was renamed would be refused, or worse, another of its name let through."""
    content = make_spec(sweep={"taskset": [{"kind": "table", "path": "a.csv", "inputs": ["x"], "tasks": LABEL}]})
    content = content.model_dump(mode="json")
    content["data"] = content["sweep"]["taskset"][0]
    for key in FREE + tuple(extension.key for extension in EXTENSIONS):
        found = [content]
        for part in key.split("."):
            found = [
                value
                for each in found
                for name, value in (each.items() if isinstance(each, dict) else enumerate(each))
                if part in ("*", name)
            ]
        assert found, key


LABEL = {"t": {"column": "t", "kind": "binary"}}


def test_an_output_in_a_bucket_is_as_one_in_a_folder(bucket):
    store = with_a_table(bucket + "/run", make_spec())
    write_manifest(store, [make_problem()])
    with pytest.raises(RequestError, match=f"{bucket}/run: already holds results of this spec"):
        open_output(bucket + "/run", make_spec(), PROBLEMS, resume=False)
    with pytest.raises(RequestError, match=f"{bucket}/run: holds the results of another spec"):
        open_output(bucket + "/run", make_spec(gain="log_ratio"), PROBLEMS, resume=True)
    with pytest.raises(RequestError, match=f"{bucket}: holds something that is not a distgroup run"):
        open_output(bucket, make_spec(), PROBLEMS, resume=True)
    with pytest.raises(RequestError, match="the data have changed"):
        open_output(bucket + "/run", make_spec(), [make_problem(make_task_set(seed=1))], resume=True)


def test_who_writes_keeps_others_out_and_leaves_no_lock_in_a_folder_of_something_else(place):
    with opened(place, make_spec(), PROBLEMS, resume=False) as store:
        store.write("subsets", "a", [{"seed": 0}])
        with (
            pytest.raises(RequestError, match="in use by another run"),
            opened(place, make_spec(), PROBLEMS, resume=True),
        ):
            pass
    with opened(place, make_spec(), PROBLEMS, resume=True):
        pass
    (store.location / "thesis" / "chapter.tex").write(b"x")
    with (
        pytest.raises(RequestError, match="not a distgroup run"),
        opened(str(store) + "/thesis", make_spec(), PROBLEMS, resume=False),
    ):
        pass
    assert list((store.location / "thesis").entries()) == ["chapter.tex"]


@pytest.mark.parametrize("content", ["", "{", "a list of words"])
def test_a_damaged_spec_is_named(tmp_path, content):
    with_a_table(tmp_path, make_spec())
    (tmp_path / "spec.yaml").write_text(content)
    with pytest.raises(RequestError, match=r"spec.yaml: missing or damaged"):
        open_output(tmp_path, make_spec(), PROBLEMS, resume=True)
