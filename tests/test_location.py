import os
import pickle
from threading import Thread

import pytest

from distgroup.errors import RequestError
from distgroup.location import Location
from distgroup.place import anchored


@pytest.fixture(params=["path", "file", "s3"])
def folder(request, tmp_path):
    """A place that does not exist yet: a path, a file URI, and a prefix of a bucket."""
    if request.param == "s3":
        return Location.of(request.getfixturevalue("bucket") + "/deep/down")
    return Location.of(tmp_path / "deep" / "down" if request.param == "path" else f"file://{tmp_path}/deep/down")


def test_what_is_written_is_read_listed_replaced_moved_and_removed(folder):
    file = folder / "a" / "b.txt"
    assert not file.exists()
    assert folder.entries() == {}
    file.write(b"one")
    file.write(b"two")
    (folder / "c.txt").write(b"")
    assert file.exists()
    assert not (folder / "a").exists()
    assert file.read() == b"two"
    assert (folder / "c.txt").read() == b""
    assert folder.entries() == {"a": False, "c.txt": True}
    file.move(folder / "d" / "e.txt")
    assert (folder / "d" / "e.txt").read() == b"two"
    assert not file.exists()
    (folder / "d" / "e.txt").remove()
    assert "d/e.txt" not in folder.entries()
    assert not (folder / "d" / "e.txt").exists()


def test_a_folder_is_removed_with_all_that_is_in_it(folder):
    for name in ("a.txt", "b.txt"):
        (folder / "old" / "deep" / name).write(b"one")
    (folder / "kept.txt").write(b"two")
    (folder / "old").remove_folder()
    assert folder.entries() == {"kept.txt": True}
    assert not (folder / "old" / "deep" / "a.txt").exists()


def test_a_file_can_be_read_from_any_place_in_it(folder):
    (folder / "a").write(b"0123456789")
    with (folder / "a").stream() as stream:
        stream.seek(5)
        assert stream.read(2) == b"56"


def test_a_missing_file_is_named(folder):
    for access in (Location.read, Location.remove):
        with pytest.raises(FileNotFoundError, match=r"deep/down/a"):
            access(folder / "a")
    with pytest.raises(FileNotFoundError, match=r"deep/down/a"), (folder / "a").stream():
        pass


def test_a_location_survives_pickling(folder):
    (folder / "a").write(b"x")
    assert pickle.loads(pickle.dumps(folder / "a")).read() == b"x"


def test_only_what_is_on_this_machine_has_a_path(bucket, tmp_path):
    assert Location.of(f"file://{tmp_path}/with%20space").local == tmp_path / "with space"
    assert (Location.of(bucket) / "a").local is None
    assert str(Location.of(bucket + "/x?region=eu-west-1") / "a.b") == bucket + "/x/a.b"
    assert (Location.of(bucket + "/x.parquet?region=eu-west-1")).name.suffix == ".parquet"


def test_a_relative_path_means_the_same_after_a_change_of_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    location = Location.of("here")
    monkeypatch.chdir("/")
    assert location.local == tmp_path / "here"


def test_options_in_a_uri_reach_the_store(s3, monkeypatch):
    s3.create_dir("overridden")
    endpoint = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    location = Location.of(f"s3://overridden/x?scheme=http&endpoint_override={endpoint}")
    (location / "a").write(b"1")
    assert s3.get_file_info("overridden/x/a").size == 1


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_the_usual_variables_of_the_environment_reach_the_store(s3, monkeypatch, variable):
    name = variable.lower().replace("_", "-")
    s3.create_dir(name)
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv(variable, endpoint)
    (Location.of(f"s3://{name}") / "a").write(b"1")
    assert s3.get_file_info(f"{name}/a").size == 1


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("ftp://host/x", "scheme is one of file, s3, gs"),
        ("s3:///x", "a bucket is needed after s3://"),
        ("file://x/y", "three slashes"),
        ("s3://key:secret@bucket/x", "put them in the environment"),
    ],
)
def test_a_uri_that_cannot_be_used_is_refused(place, said):
    with pytest.raises(RequestError, match=said):
        Location.of(place)


@pytest.mark.usefixtures("s3")
def test_a_uri_that_is_not_one_is_refused_when_used():
    with pytest.raises(RequestError, match="Cannot parse URI"):
        Location.of("s3://bucket/with space").read()


@pytest.mark.usefixtures("s3")
def test_a_missing_bucket_is_an_error_of_one_line():
    with pytest.raises(OSError, match=r"^s3://nowhere/x: .*bucket does not exist") as raised:
        Location.of("s3://nowhere/x").write(b"1")
    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("s3")
def test_a_store_that_does_not_answer_is_an_error_of_one_line(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(OSError, match=r"^s3://silent/x: .*connect"):
        Location.of("s3://silent/x").exists()


def test_only_paths_are_anchored(tmp_path):
    assert anchored("a/b", tmp_path) == str(tmp_path / "a" / "b")
    assert anchored("/a/b", tmp_path) == "/a/b"
    assert anchored("s3://a/b", tmp_path) == "s3://a/b"


def test_reading_never_sees_half_a_file(folder):
    """A writer replaces a file again and again; each reading sees one whole version."""
    versions = [bytes([digit]) * 100_000 for digit in b"0123456789"]
    file = folder / "a"
    file.write(versions[0])
    writer = Thread(target=lambda: [file.write(version) for version in versions])
    writer.start()
    while writer.is_alive():
        assert file.read() in versions
    assert list(folder.entries()) == ["a"]
