"""A file of data is the same wherever it lies."""

import numpy as np
import pandas as pd
import pytest
import yaml
from builders import spec_content

from distgroup.errors import RequestError
from distgroup.location import Location
from distgroup.spec import load_spec
from distgroup.tasks.series import Series
from distgroup.tasks.table import Table

TABLE = {"inputs": ["x_*"], "tasks": {"price": {"column": "y", "kind": "regression"}}}
SERIES = {"columns": ["x_*"], "window": 4, "horizon": 2}


def put(place, suffix):
    """A data file of 60 rows at ``place``; its name."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=["x_a", "x_b", "y"])
    content = frame.to_csv(index=False).encode() if suffix == ".csv" else frame.to_parquet()
    file = Location.of(place) / f"data{suffix}"
    file.write(content)
    return str(file)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize(("source", "options"), [(Table, TABLE), (Series, SERIES)])
def test_data_in_a_bucket_are_as_data_in_a_folder(tmp_path, bucket, suffix, source, options):
    here = source(path=put(tmp_path, suffix), **options).load(tmp_path)
    uri = f"file://{tmp_path}/data{suffix}"
    for path in (put(f"{bucket}/deep", suffix), uri):
        there = source(path=path, **options).load(tmp_path)
        assert there.name == "data"
        assert there.digest == here.digest


def test_what_is_missing_in_a_bucket_is_named(bucket):
    path = f"{bucket}/nothing.parquet"
    with pytest.raises(RequestError, match=f"^{path}: there is no such file$"):
        Table(path=path, **TABLE).load()
    put(bucket, ".csv")
    with pytest.raises(RequestError, match=rf"^{bucket}/data.csv: data.inputs: no column matches 'z_\*'"):
        Table(path=f"{bucket}/data.csv", **TABLE | {"inputs": ["z_*"]}).load()
    (Location.of(bucket) / "bad.parquet").write(b"no parquet")
    with pytest.raises(RequestError, match=rf"^{bucket}/bad.parquet: cannot be read as parquet: "):
        Table(path=f"{bucket}/bad.parquet", **TABLE).load()


def written(folder, **changes):
    (folder / "spec.yaml").write_text(yaml.safe_dump(spec_content(changes)))
    return folder / "spec.yaml"


def test_uris_in_a_spec_are_left_as_they_are(tmp_path):
    data = TABLE | {"kind": "table", "path": "s3://bucket/data.csv?region=eu-west-1"}
    spec = load_spec(written(tmp_path, data=data, output="s3://bucket//run"))
    assert spec.data.path == "s3://bucket/data.csv?region=eu-west-1"
    assert spec.output == "s3://bucket//run"
    (tmp_path / "again.yaml").write_text(spec.to_yaml())
    assert load_spec(tmp_path / "again.yaml") == spec


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"output": "ftp://host/run"}, r"spec.yaml: output: .*scheme is one of file, s3, gs"),
        ({"output": "s3://key:secret@bucket/run"}, r"spec.yaml: output: .*put them in the environment"),
        ({"output": ""}, r"spec.yaml: output"),
        (
            {"data": TABLE | {"kind": "table", "path": "http://host/a.csv"}},
            r"spec.yaml: data.*path: .*scheme is one of",
        ),
    ],
)
def test_a_place_that_cannot_be_used_is_refused_with_the_spec(tmp_path, change, said):
    with pytest.raises(RequestError, match=said):
        load_spec(written(tmp_path, **change))
