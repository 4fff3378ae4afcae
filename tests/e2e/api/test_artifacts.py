"""Artifacts: versions and aliases of a project, downloads, what runs logged and used; over both places."""

import math
from pathlib import Path

import pytest

import stepwell
from stepwell import Api, CommError
from stepwell.errors import UnsupportedError
from tests.support.places import Place, exactly

pytestmark = pytest.mark.e2e

# Each run logs the files of `data` as they are then; the third has the content of the first.
MAKER = """
import sys
from pathlib import Path
import stepwell
from stepwell import Artifact, Image, Table
name, *contents = sys.argv[1:]
with stepwell.init(project="art", id=name) as run:
    for content in contents:
        Path("data/deep").mkdir(parents=True, exist_ok=True)
        Path("data/a.txt").write_text(content)
        Path("data/deep/b.txt").write_text("b")
        artifact = Artifact("data", "dataset", description="made", metadata={"nan": float("nan"), 5: (1, 2)})
        artifact.add_dir("data")
        artifact.add(Table(columns=["x"], data=[[content]]), "table")
        artifact.add(Image([[0, 255]]), "picture")
        artifact.add({"plain": [1, float("inf")]}, "value")
        run.log_artifact(artifact, aliases=[f"of-{name}", "best"], tags=["t"])
        assert artifact.wait().qualified_name == f"local/art/data:{artifact.version}"
        print(artifact.version, artifact.digest, artifact.file_count)
"""
USER = """
import stepwell
from pathlib import Path
with stepwell.init(project="art", id="user", config={"lr": 1}) as run:
    found = run.use_artifact("data:of-one", type="dataset")
    print(found.version, Path(found.download("got"), "a.txt").read_text())
    made = stepwell.Artifact("made-here", "t")
    with made.new_file("x.txt") as file:
        file.write("x")
    assert run.use_artifact(made) is made
    assert run.use_artifact("art/data").version == "v0"
    assert Path(run.use_model("made-here")).read_text() == "x"
    assert dict(run.config) == {"lr": 1}
"""


@pytest.fixture(scope="module")
def versions(place: Place) -> list[list[str]]:
    said = [place.run(MAKER, *given).stdout for given in (("one", "first", "second"), ("two", "first"))]
    assert place.run(USER).stdout.split() == ["v1", "second"]
    return [line.split() for text in said for line in text.splitlines()]


def test_the_same_content_is_the_same_version(versions: list[list[str]]):
    assert [version for version, *_ in versions] == ["v0", "v1", "v0"]
    assert versions[0][1] == versions[2][1] != versions[1][1]
    assert {count for *_, count in versions} == {"5"}


def test_aliases_belong_to_whom_they_were_given_last(place: Place, versions: list[list[str]]):
    api = place.api()
    newest, oldest = api.artifacts("dataset", "art/data")
    assert (newest.name, newest.aliases) == ("data:v1", ["of-one"])
    assert (oldest.name, sorted(oldest.aliases)) == ("data:v0", ["best", "latest", "of-two"])
    for alias in ("v0", "best", "latest"):
        assert api.artifact(f"art/data:{alias}").name == api.artifact("local/art/data").name == "data:v0"
    assert api.artifact("wandb-artifact://local/art/data:of-one", type="dataset").name == "data:v1"
    assert api.artifact_exists("art/data:v1")
    assert not api.artifact_exists("art/data:v2")
    assert not api.artifact_exists("art/data", type="model")
    assert [each.name for each in api.artifact_collections("art", "dataset")] == ["data"]
    assert api.artifact_collection("dataset", "art/data").aliases == [*newest.aliases, *oldest.aliases]
    assert not api.artifact_collection_exists("art/other", "dataset")
    with pytest.raises(CommError, match=r"art/data:v7, only v0 .*; v1 of-one"):
        api.artifact("art/data:v7")
    with pytest.raises(CommError, match="nobody has logged"):
        api.artifact("art/nothing")
    with pytest.raises(ValueError, match="'dataset', not 'model'"):
        api.artifact("art/data", type="model")
    with pytest.raises(ValueError, match="is no name of an artifact"):
        api.artifact("a/b/c/d")


def test_an_artifact_has_what_was_said_of_it(place: Place, versions: list[list[str]]):
    found = place.api().artifact("art/data:of-one")
    assert (found.type, found.version, found.description, found.tags) == ("dataset", "v1", "made", ["t"])
    assert exactly(found.metadata) == exactly({"nan": math.nan, "5": [1, 2]})
    assert (found.state, found.is_draft(), found.wait()) == ("COMMITTED", False, found)
    assert found.digest == versions[1][1]
    assert (found.entity, found.project) == ("local", "art")
    assert found.get("table").data == [["second"]]
    assert found.get("picture").image.size == (2, 1)
    assert found.get("value") == {"plain": [1, math.inf]}
    assert found.get("nothing") is None
    assert (found.url is None) == (place.server is None)
    assert (found.collection.name, len(found.collection.versions())) == ("data", 2)
    for refused in (found.delete, found.new_draft, lambda: found.link("registry")):
        with pytest.raises(UnsupportedError, match="data:v1"):
            refused()


def test_its_files_are_downloaded_compared_and_tidied(
    place: Place, versions: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    found = place.api().artifact("art/data:v1")
    names = ["a.txt", "deep/b.txt", "picture.image.json", "table.table.json", "value.dict.json"]
    assert [each.path for each in found.files()] == list(found.manifest.entries) == names
    assert Path(found.download()) == Path("artifacts/data:v1")
    found.verify()
    Path("artifacts/data:v1/a.txt").write_text("broken")
    with pytest.raises(ValueError, match=r"a\.txt"):
        found.verify()
    Path("artifacts/data:v1/more.txt").touch()
    found.download()
    assert Path("artifacts/data:v1/a.txt").read_text() == "second"
    with pytest.raises(ValueError, match=r"more\.txt"):
        found.verify()
    assert Path(found.checkout(), "a.txt").is_file()
    found.verify()
    assert Path(found.get_entry("deep/b.txt").download("one")).read_text() == "b"
    assert [path.name for path in Path(found.download("part", path_prefix="deep")).rglob("*.*")] == ["b.txt"]
    with pytest.raises(KeyError, match=r"no\.txt"):
        found.get_path("no.txt")
    with pytest.raises(ValueError, match="5 files"):
        found.file()


def test_runs_know_what_they_logged_and_used(place: Place, versions: list[list[str]]):
    api = place.api()
    user, one = api.run("art/user"), api.run("art/one")
    assert [each.name for each in one.logged_artifacts()] == ["data:v0", "data:v1"]
    assert sorted(each.name for each in user.used_artifacts()) == ["data:v0", "data:v1", "made-here:v0"]
    assert [each.name for each in user.logged_artifacts()] == ["made-here:v0"]
    assert [run.id for run in api.artifact("art/made-here").used_by()] == ["user"]
    assert api.from_path("local/art/made-here:v0").name == "made-here:v0"
    assert api.artifact("art/data:v0").logged_by().id == "one"
    assert one.use_artifact(api.artifact("art/made-here")).used_by()[0].id in {"one", "user"}
    assert [each.name for each in api.run("art/one").used_artifacts()] == ["made-here:v0"]
    assert user.config == {"lr": 1}
    assert user.state == "finished"


def test_what_is_changed_of_an_artifact_is_saved(place: Place):
    place.run(MAKER.replace('"art"', '"saved"').replace("local/art", "local/saved"), "maker", "first", "second")
    old = place.api().artifact("saved/data:v0")
    old.aliases += ["prod"]
    old.metadata["checked"] = True
    old.description, old.tags = "seen", ["x"]
    old.save()
    new = place.api().artifact("saved/data:v1")
    new.aliases += ["prod"]
    new.aliases.remove("best")
    new.aliases.remove("latest")
    new.save()
    assert "latest" in new.aliases
    old, new = (place.api().artifact(f"saved/data:{version}") for version in ("v0", "v1"))
    assert (old.aliases, sorted(new.aliases)) == ([], ["latest", "of-maker", "prod"])
    assert (old.metadata["checked"], old.metadata["5"], old.description, old.tags) == (True, [1, 2], "seen", ["x"])
    assert [file.name for file in place.api().artifacts("dataset", "saved/data", tags=["x"])] == ["data:v0"]
    assert place.api().run("saved/maker").state == "finished"


def test_addresses_are_named_and_not_fetched(tmp_path: Path):
    (tmp_path / "file.txt").write_text("kept")
    with stepwell.init(project="p", id="r", dir=tmp_path / "runs", settings={"silent": True}) as run:
        for address in ("s3://bucket/a.bin", "s3://bucket/a.bin", "s3://bucket/other/a.bin"):
            artifact = stepwell.Artifact("data", "t")
            artifact.add_dir(tmp_path, name="all")
            artifact.remove("all")
            artifact.add_file(tmp_path / "file.txt")
            assert artifact.add_reference(address) == "a.bin"
            artifact.finalize()
            run.log_artifact(artifact)
    with Api(tmp_path / "runs") as api:
        found = api.artifacts("t", "p/data")
        assert [each.references["a.bin"] for each in found] == ["s3://bucket/other/a.bin", "s3://bucket/a.bin"]
        entry = found[1].get_path("a.bin")
        assert entry.ref == entry.ref_target() == found[1].manifest.entries["a.bin"].ref_url() == "s3://bucket/a.bin"
        assert (entry.name, entry.size, entry.digest) == ("a.bin", 0, "s3://bucket/a.bin")
        assert found[1].get_entry("file.txt").ref is None
        with pytest.raises(ValueError, match="no reference"):
            found[1].get_entry("file.txt").ref_target()
        with pytest.raises(UnsupportedError, match="read s3://bucket"):
            entry.download()
        with pytest.raises(UnsupportedError, match="which are not fetched"):
            found[1].download(tmp_path / "got")
        assert Path(found[1].download(tmp_path / "got", allow_missing_references=True), "file.txt").is_file()


def test_images_of_a_table_come_back_as_images_and_are_logged_again(tmp_path: Path):
    boxes = {"found": {"box_data": [{"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}, "class_id": 1}]}}
    image = stepwell.Image([[0, 255]], caption="two", boxes=boxes)
    with stepwell.init(project="p", id="r", dir=tmp_path / "runs", settings={"silent": True}) as run:
        artifact = stepwell.Artifact("data", "t")
        artifact["preds"] = stepwell.Table(columns=["x", "image"], data=[[1, image], [2, None]])
        run.log_artifact(artifact)
        (one, cell), second = artifact["preds"].data
        assert (one, cell.image.size, cell._caption, second) == (1, (2, 1), "two", [2, None])
        run.log({"again": artifact["preds"]})
    with Api(tmp_path / "runs") as api:
        read = api.run("p/r")
        (_, record), _ = read.media(read.summary["again"]).data
        assert (record["_type"], record["caption"]) == ("image-file", "two")
        assert record["boxes"]["found"]["box_data"][0]["class_id"] == 1


def test_a_resumed_run_leaves_what_it_logged_before(tmp_path: Path):
    for content in ("first", "second"):
        (tmp_path / "file.txt").write_text(content)
        with stepwell.init(
            project="p", id="r", dir=tmp_path / "runs", resume="allow", settings={"silent": True}
        ) as run:
            run.log_artifact(tmp_path / "file.txt", name="data", type="t")
    with Api(tmp_path / "runs") as api:
        contents = [Path(each.file(tmp_path / each.version)).read_text() for each in api.artifacts("t", "p/data")]
    assert contents == ["second", "first"]


def test_a_collection_says_what_its_versions_say(place: Place, versions: list[list[str]]):
    collection = place.api().artifact_collection("dataset", "art/data")
    assert (collection.id, collection.description, collection.tags) == ("local/art/data", "made", ["t"])
    with pytest.raises(UnsupportedError, match="part of the runs"):
        collection.delete()


def test_an_artifact_that_was_found_is_logged_again(place: Place):
    place.run(MAKER, "first", "content")
    source = """
    import sys
    import stepwell
    with stepwell.init(project="art", id="again") as run:
        found = stepwell.Api(sys.argv[1]).artifact("art/data:of-first")
        assert run.log_artifact(found, aliases=["again"], tags=["seen"]) is found
        assert run.log_artifact(found) is found
    """
    place.run(source, place.address)
    found = place.api().artifact("art/data:again")
    assert {"of-first", "again"} <= set(found.aliases)
    assert sorted(found.tags) == ["seen", "t"]
    assert "again" in [run.id for run in found.used_by()]
