"""Files of a run: saved by pattern, by policy, from `run.dir`, as code; and fetched back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import stepwell
from stepwell import Api, Artifact, UsageError
from stepwell.files.files import Files
from tests.support.saved_files import inside, run, stored

pytestmark = pytest.mark.usefixtures("inside")
__all__ = ["inside", "run"]


def test_patterns_keep_their_folders(run: stepwell.Run, tmp_path: Path):
    assert run.save("a.txt", policy="now") == [str(Path("a.txt").absolute())]
    assert len(run.save("deep/**/*", policy="now")) == 2
    assert len(run.save(Path("deep").absolute() / "*.txt", policy="now")) == 1
    assert len(run.save(str(Path("deep/er").absolute()), base_path=Path.cwd(), policy="now")) == 1
    assert stepwell.save("model [1].pt", policy="now")
    assert stepwell.save("Makefile", policy="now")
    assert run.save("nothing/*", policy="now") == []
    assert run.save("*.txt", policy="now", glob=False) == []
    run.finish()
    assert stored(tmp_path) == {
        name: f"content of {source}"
        for name, source in {
            "a.txt": "a.txt",
            "deep/c.txt": "deep/c.txt",
            "deep/er/d.bin": "deep/er/d.bin",
            "model [1].pt": "model [1].pt",
            "Makefile": "Makefile",
        }.items()
    }


def checkpoint(*parts: str) -> Path:
    path = Path("ck", *parts).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("/".join(parts))
    return path


def test_an_absolute_path_keeps_one_directory(run: stepwell.Run, tmp_path: Path):
    """Files of the same name in different directories are different files, as in wandb."""
    for part in "a", "b":
        run.save(checkpoint(part, "model.pt"))
        checkpoint(part, "sub", "x.pt")
    run.save(Path("ck/*/sub/*.pt").absolute())
    run.save(checkpoint("odd [1]", "*", "y.pt"))
    run.save(checkpoint("odd [1]", "z[0].pt"), glob=False)
    run.save(Path("ck/b/sub").absolute())
    run.finish()
    assert stored(tmp_path) == {
        "a/model.pt": "a/model.pt",
        "b/model.pt": "b/model.pt",
        "a/sub/x.pt": "a/sub/x.pt",
        "b/sub/x.pt": "b/sub/x.pt",
        "*/y.pt": "odd [1]/*/y.pt",
        "odd [1]/z[0].pt": "odd [1]/z[0].pt",
        "sub/x.pt": "b/sub/x.pt",
    }


def test_another_file_under_the_same_name_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with stepwell.init(project="p", id="r", dir=tmp_path / "runs", settings={"quiet": True}) as run:
        first, second = checkpoint("a", "model.pt"), checkpoint("b", "model.pt")
        run.save(first, base_path=first.parent)
        run.save(first, base_path=first.parent)
        assert capsys.readouterr().err == ""
        run.save(second, base_path=second.parent)
        said = capsys.readouterr().err
        assert str(first) in said
        assert str(second) in said
        assert "'model.pt'" in said
        first.write_text("later")
    assert stored(tmp_path) == {"model.pt": "b/model.pt"}


def test_a_name_of_any_characters_is_saved(run: stepwell.Run, tmp_path: Path):
    for name in (os.fsdecode(b"caf\xe9"), "back\\slash", "new\nline", "ünï 🎉 %"):
        Path(f"{name}.any").write_text("kept")
    run.save("*.any")
    run.finish()
    names = "caf%E9.any", "back%5Cslash.any", "new%0Aline.any", "ünï 🎉 %.any"
    assert stored(tmp_path) == dict.fromkeys(names, "kept")


def test_what_changes_is_saved_again_at_the_end(run: stepwell.Run, tmp_path: Path):
    run.save("*.txt", policy="live")
    run.save("deep/*", policy="end")
    run.save("model*", policy="now")
    for name in ("a.txt", "deep/c.txt", "new.txt", "model [1].pt", "Makefile"):
        Path(name).write_text("changed")
    Path("b.txt").unlink()
    run.finish()
    found = stored(tmp_path)
    assert {name for name, content in found.items() if content == "changed"} == {"a.txt", "deep/c.txt", "new.txt"}
    assert found["b.txt"] == "content of b.txt"


def test_what_lies_in_the_directory_of_the_run_is_saved_at_the_end(run: stepwell.Run, tmp_path: Path):
    Path(run.dir, "checkpoints").mkdir()
    Path(run.dir, "checkpoints", "model.pt").write_text("weights")
    Path(run.dir, "notes.txt").write_text("early")
    run.save(os.path.join(run.dir, "notes.txt"))  # noqa: PTH118  as scripts write it
    run.write_logs("one")
    run.write_logs("two\n")
    Path(run.dir, "notes.txt").write_text("late")
    run.finish()
    run.write_logs("too late")
    expected = {"checkpoints/model.pt": "weights", "notes.txt": "late", "output.log": "one\ntwo\n"}
    assert stored(tmp_path) == expected


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a.txt", None, "later"), "policy"),
        (("a.txt", "deep", "now"), "below base_path"),
        (("../other.txt", None, "now"), "below base_path"),
    ],
)
def test_what_cannot_be_saved(run: stepwell.Run, arguments: tuple[str, str | None, str], said: str):
    Path("../other.txt").touch()
    with pytest.raises(UsageError, match=said):
        run.save(*arguments)
    assert run.save("../work/a.txt", policy="now"), "which lies in the working directory after all"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("s3://bucket/x", "address"),
        ("gs://bucket/*", "address"),
        ("~", "home"),
        ("/tmp/..", "home"),
        ("no/*", "matches"),
    ],
)
def test_what_is_no_file_of_this_machine_is_told_and_left(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: str,
    said: str,
):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "secret").write_text("key")
    with stepwell.init(project="p", id="r", dir=tmp_path / "runs", settings={"quiet": True}) as run:
        assert run.save(path) == []
        assert run.save("~/secret", base_path="~") == [str(tmp_path / "home" / "secret")]
    (line,) = capsys.readouterr().err.splitlines()
    assert repr(path) in line
    assert said in line
    assert stored(tmp_path) == {"secret": "key"}


def test_a_file_that_cannot_be_read_costs_itself_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    own = Files.store

    def store(files: Files, name: str, path: Path) -> None:
        if name == "a.txt":
            raise PermissionError(13, "denied", str(path))
        own(files, name, path)

    monkeypatch.setattr(Files, "store", store)
    with stepwell.init(project="p", id="r", dir=tmp_path / "runs", settings={"quiet": True}) as run:
        assert run.save("*.txt", policy="now") == [str(Path("b.txt").absolute())]
    assert "a.txt could not be saved" in capsys.readouterr().err
    assert stored(tmp_path) == {"b.txt": "content of b.txt"}


def test_with_strict_what_cannot_be_saved_is_refused(tmp_path: Path):
    with stepwell.init(project="p", dir=tmp_path / "runs", settings={"silent": True, "strict": True}) as run:
        for path in "s3://bucket/x", "~":
            with pytest.raises(UsageError, match="save: "):
                run.save(path)
        assert run.save("nothing/*") == []
        artifact = Artifact("data", type="t")
        artifact.add_file("a.txt", policy="immutable")
        Path("a.txt").unlink()
        with pytest.raises(FileNotFoundError, match=r"a\.txt"):
            run.log_artifact(artifact)


def test_what_stepwell_keeps_is_not_saved_again():
    with stepwell.init(project="p", id="r", dir="runs", settings={"silent": True}) as run:
        run.log({"a": 1})
        run.save("*")
        Path(run.dir, "own.txt").write_text("own")
    names = {file.name for file in Api("runs").run("p/r").files()}
    assert {"a.txt", "deep/c.txt", "own.txt"} <= names
    assert not [name for name in names if name.startswith(("runs/spool", "runs/store", "runs/blobs", "runs/manifest"))]


def test_a_file_is_restored(run: stepwell.Run, tmp_path: Path):
    run.save("a.txt", policy="now")
    Path("a.txt").write_text("lost")
    with run.restore("a.txt") as file:
        assert file.read() == "content of a.txt"
    with run.restore("a.txt", root="back") as file:
        assert file.name == str(Path("back/a.txt"))
    with pytest.raises(ValueError, match=r"no\.txt"):
        run.restore("no.txt")
    run.finish()
    with stepwell.restore("a.txt", "p/r", replace=True, source=str(tmp_path / "runs")) as file:
        assert (file.read(), file.name) == ("content of a.txt", "a.txt")
    with pytest.raises(UsageError, match="run_path"):
        stepwell.restore("a.txt")


@pytest.mark.parametrize(
    ("script", "name"),
    [("../train.py", "train.py"), ("deep/../deep/train.py", "deep/train.py"), ("train.py", "train.py")],
)
def test_the_script_is_saved_from_wherever_it_runs(tmp_path: Path, script: str, name: str):
    source = "import stepwell; stepwell.init(project='p', id='r', dir='../runs', save_code=True)"
    Path(script).write_text(source)
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert stored(tmp_path) == {f"code/{name}": source}


def test_what_stepwell_itself_has_made_is_no_code(tmp_path: Path):
    with stepwell.init(project="p", id="r", dir=tmp_path / "runs", settings={"silent": True}) as run:
        run.log({"a": stepwell.Html("<p>")})
        run.flush(10)
        Path(tmp_path, "runs", "train.py").write_text("print()")
        for _ in range(2):
            assert run.log_code(tmp_path / "runs", include_fn=lambda path: True).files() == ["train.py"]


def test_code_is_saved(run: stepwell.Run, tmp_path: Path):
    Path("train.py").write_text("print()")
    Path("deep/net.py").write_text("net")
    code = run.log_code(".", exclude_fn=lambda path: path.endswith("train.py")).wait()
    assert (code.type, code.files(), code.version) == ("code", ["deep/net.py"], "v0")
    assert code.name == "source-p-r"
    assert run.log_code("deep", name="a b", include_fn=lambda path: path.endswith(".bin")).name == "a_b"
    assert run.log_code("deep", include_fn=lambda path: False) is None
    assert run.log_code("deep", include_fn=lambda path, root: path == f"{root}/c.txt").files() == ["c.txt"]
    run.finish()
    assert [each.name for each in Api(str(tmp_path / "runs")).artifact_collections("p", "code")] == [
        "a_b",
        "source-p-r",
    ]
    assert {name: text for name, text in stored(tmp_path).items() if name.startswith("code/")} == {
        "code/deep/net.py": "net",
        "code/er/d.bin": "content of deep/er/d.bin",
        "code/c.txt": "content of deep/c.txt",
    }
