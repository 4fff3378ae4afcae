"""Artifacts of a run: what is added to them and when, what is stored of them, what is refused."""

import tempfile
from pathlib import Path

import pytest

import stepwell
from stepwell import Api, Artifact, Table, UsageError
from stepwell.errors import ArtifactFinalizedError
from tests.support.saved_files import inside, run, stored

pytestmark = pytest.mark.usefixtures("inside")
__all__ = ["inside", "run"]


def test_an_artifact_is_stored_with_what_is_said_of_it(run: stepwell.Run, tmp_path: Path):
    artifact = Artifact("data-1", type="dataset", description="what it is", metadata={"rows": 2})
    artifact.add_file("a.txt")
    artifact.add_file("b.txt", name="renamed/b.txt")
    artifact.add_dir("deep", name="tree")
    with artifact.new_file("made.json", mode="w") as file:
        file.write("{}")
    assert artifact.add(Table(columns=["x"], data=[[1], [2]]), "table") == "table.table.json"
    assert run.log_artifact(artifact, aliases=["best", "best"]).wait() is artifact
    assert run.log_artifact("a.txt", name="plain", type="text").files() == ["a.txt"]
    assert run.log_model("deep").name == "model-r"
    used = Artifact("used", type="dataset")
    used.add_file("b.txt")
    assert run.use_artifact(used) is used
    run.finish()
    found = stored(tmp_path)
    record = Api(str(tmp_path / "runs")).run("p/r").file("artifacts/data-1.json").read().decode()
    for part in ("what it is", '"rows"', "best", "renamed/b.txt", "dataset"):
        assert part in record
    assert found["artifacts/data-1/a.txt"] == "content of a.txt"
    assert found["artifacts/data-1/renamed/b.txt"] == "content of b.txt"
    assert found["artifacts/data-1/tree/er/d.bin"] == "content of deep/er/d.bin"
    assert found["artifacts/data-1/made.json"] == "{}"
    assert "table-file" in found["artifacts/data-1/table.table.json"]
    assert found["artifacts/plain/a.txt"] == "content of a.txt"
    assert found["artifacts/used/b.txt"] == "content of b.txt"
    assert found["artifacts/model-r/c.txt"] == "content of deep/c.txt"


def test_what_an_artifact_cannot_keep_costs_itself_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with stepwell.init(project="p", id="r", dir=tmp_path / "runs", settings={"quiet": True}) as run:
        artifact = Artifact("data", type="t", metadata={"odd": {1, 2}.__class__})
        artifact.add_file("a.txt", policy="immutable")
        artifact.add_file("b.txt")
        artifact.add(object(), "thing")
        Path("a.txt").unlink()
        run.log_artifact(artifact)
        assert (artifact.version, artifact.file_count) == ("v0", 1)
        assert (artifact.state, artifact.missing) == ("PENDING", ["a.txt", "thing.object.json"])
        with pytest.warns(UserWarning, match=r"without a\.txt, thing"):
            artifact.download(tmp_path / "got")
        with pytest.raises(ValueError, match=r"without a\.txt"):
            artifact.verify()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "a.txt" in lines[0]
    assert "thing" in lines[1]


def test_an_artifact_keeps_its_files_as_they_were_when_they_were_added(
    run: stepwell.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    artifact = Artifact("early", type="model")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "weights.bin").write_text("weights")
        artifact.add_dir(folder, name="tree")
        artifact.add_file(Path(folder, "weights.bin"))
    artifact.add_file("a.txt")
    artifact.add_file("b.txt", policy="immutable")
    # In place: a hard link would change with it.
    for name in "a.txt", "b.txt":
        with Path(name).open("r+") as file:
            file.write("later")
    run.log_artifact(artifact)
    assert (artifact.state, artifact.missing, artifact.file_count) == ("COMMITTED", [], 4)
    run.finish()
    found = {name: content for name, content in stored(tmp_path).items() if name.startswith("artifacts/early/")}
    assert found == {
        "artifacts/early/tree/weights.bin": "weights",
        "artifacts/early/weights.bin": "weights",
        "artifacts/early/a.txt": "content of a.txt",
        "artifacts/early/b.txt": "laternt of b.txt",
    }
    assert list((tmp_path / "temporary").glob("stepwell-artifact-*"))
    del artifact
    assert not list((tmp_path / "temporary").glob("stepwell-artifact-*"))


def test_an_address_is_logged_as_a_reference(run: stepwell.Run, tmp_path: Path):
    Path("odd name.txt").write_text("odd")
    assert run.log_artifact("odd name.txt").name == "odd_name.txt"
    artifact = run.log_artifact("s3://bucket/model.bin", type="model")
    assert (artifact.name, artifact.references) == ("model.bin", {"model.bin": "s3://bucket/model.bin"})
    named = run.log_artifact("gs://bucket/deep/*", name="deep", type="data")
    assert (named.version, list(named.references.values())) == ("v0", ["gs://bucket/deep/*"])


def test_values_of_an_artifact_are_items(run: stepwell.Run):
    artifact = Artifact("items", type="t")
    table = artifact["preds"] = Table(columns=["x"], data=[[1]])
    assert artifact.add(table, "in.table.json") == "in.table.json"
    assert artifact["preds"] is artifact.get("in") is table
    assert artifact["nothing"] is None
    artifact["classes"] = stepwell.Classes([{"id": 1, "name": "cat"}])
    run.log_artifact(artifact)
    assert artifact["preds"].data == artifact.get("in").data == [[1]]
    assert artifact["classes"].class_set == [{"id": 1, "name": "cat"}]


def test_an_artifact_that_is_not_logged_yet_tells_what_it_has(run: stepwell.Run):
    artifact = Artifact("draft", type="t")
    artifact.add_file("a.txt")
    artifact.add_dir("deep")
    artifact.add_reference("s3://bucket/x")
    assert (artifact.state, artifact.size, artifact.file_count, artifact.ttl) == ("PENDING", 61, 3, None)
    assert next((each, each.name, each.size) for each in artifact.files()) == ("a.txt", "a.txt", 16)
    assert list(artifact.manifest.entries) == ["a.txt", "c.txt", "er/d.bin", "x"]
    assert artifact.get_entry("x").ref == "s3://bucket/x"
    digest, parts = artifact.digest, [each.digest for each in artifact.files()]
    with pytest.raises(KeyError):
        artifact.get_path("nothing")
    with pytest.raises(AttributeError, match="'version' before it is logged"):
        artifact.version  # noqa: B018
    with pytest.raises(UsageError, match="not logged yet"):
        artifact.save()
    run.log_artifact(artifact)
    assert (artifact.digest, artifact.state, artifact.size) == (digest, "COMMITTED", 61)
    assert [artifact.get_entry(each).digest for each in artifact.files()] == parts


def test_what_is_changed_of_an_artifact_that_was_logged_is_saved(run: stepwell.Run, tmp_path: Path):
    artifact = run.log_artifact("a.txt", name="changed", aliases=["old", "both"])
    artifact.metadata["rows"], artifact.description, artifact.tags = 3, "seen", ["t"]
    artifact.aliases.remove("old")
    artifact.aliases.append("new")
    artifact.save()
    run.finish()
    found = Api(str(tmp_path / "runs")).artifact("p/changed")
    assert sorted(found.aliases) == ["both", "latest", "new"]
    assert (found.metadata, found.description, found.tags) == ({"rows": 3}, "seen", ["t"])


def test_nothing_is_added_to_an_artifact_that_is_logged(run: stepwell.Run):
    artifact = run.log_artifact("a.txt", name="done")
    for change in (
        lambda: artifact.add_file("b.txt"),
        lambda: artifact.add_dir("deep"),
        lambda: artifact.add([1], "value"),
        lambda: artifact.add_reference("s3://bucket/x"),
        lambda: artifact.remove("a.txt"),
        lambda: artifact.new_file("new.txt").__enter__(),
    ):
        with pytest.raises(ArtifactFinalizedError, match="done is logged"):
            change()
    assert artifact.files() == ["a.txt"]


def test_a_wrong_artifact_is_refused(run: stepwell.Run):
    for name in ("", "a/b", "a:b", "..", "x" * 200, None):
        with pytest.raises(UsageError, match="name of an artifact"):
            Artifact(name, type="t")  # type: ignore[arg-type]
    artifact = Artifact("a", type="t")
    with pytest.raises(ValueError, match=r"no\.txt"):
        artifact.add_file("no.txt")
    with pytest.raises(ValueError, match="nowhere"):
        artifact.add_dir("nowhere")
    with pytest.raises(UsageError, match=r"\.\."):
        artifact.add_file("a.txt", name="../a.txt")
    with pytest.raises(FileNotFoundError, match=r"no\.txt"):
        artifact.remove("no.txt")
    with pytest.raises(UsageError, match=r"no\.txt"):
        run.log_artifact("no.txt")
