"""The module before, between and after runs; in processes of their own, because `init` changes the module."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from stepwell import Api


def python(source: str, directory: Path, **env: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STEPWELL_", "WANDB_", "SLURM_"))}
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        cwd=directory,
        env={**kept, "HOME": str(directory), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


def test_the_import_brings_in_no_large_library(tmp_path: Path):
    said = python(
        """
        import sys
        import stepwell
        large = ("numpy", "PIL", "grpc", "google.protobuf", "pandas", "stepwell._native")
        print([name for name in large if name in sys.modules])
        """,
        tmp_path,
    )
    assert said.strip() == "[]"


@pytest.mark.parametrize(
    ("use", "what"),
    [
        ("stepwell.log({'a': 1})", r"log()"),
        ("stepwell.config.x", "config.x"),
        ("stepwell.config['x']", "config['x']"),
        ("stepwell.config.update({})", "config.update"),
        ("stepwell.summary['x']", "summary['x']"),
        ("stepwell.define_metric('x')", "define_metric()"),
    ],
)
def test_use_before_init_says_what_to_do(use: str, what: str):
    import stepwell

    with pytest.raises(stepwell.Error) as caught:
        eval(use, {"stepwell": stepwell})
    assert str(caught.value) == f"You must call stepwell.init() before stepwell.{what}"


def test_nothing_can_be_set_before_init():
    import stepwell

    for change in ("stepwell.config.x = 1", "stepwell.config['x'] = 1", "stepwell.summary['x'] = 1"):
        with pytest.raises(stepwell.Error, match="init"):
            exec(change, {"stepwell": stepwell})
    assert stepwell.run is None
    stepwell.finish()


def test_log_is_the_native_method_itself(tmp_path: Path):
    said = python(
        """
        import stepwell
        from stepwell import _native
        run = stepwell.init(project="p")
        assert stepwell.log is run.log is stepwell.run.log
        assert type(run.log).__name__ == "builtin_function_or_method" and isinstance(run.log.__self__, _native.Writer)
        assert stepwell.config is run.config and stepwell.summary is run.summary
        run.finish()
        assert stepwell.run is None
        for use in (lambda: stepwell.log({}), lambda: stepwell.config.x):
            try:
                use()
            except stepwell.Error as error:
                print(error)
        try:
            run.log({})
        except stepwell.Error as error:
            print(error)
        """,
        tmp_path,
    )
    assert said.count("You must call stepwell.init()") == 2
    assert "is finished" in said


def test_names_that_were_imported_before_init_are_those_of_the_run(tmp_path: Path):
    python(
        """
        from stepwell import config, define_metric, finish, init, log, summary
        with init(project="p", mode="disabled", config={"lr": 0.1}) as run:
            log({"a": 1})
            define_metric("b", summary="max")
            config.batch = config["lr"] + config.lr
            summary["best"] = 2
            assert (run.config.batch, run.summary["a"], run.summary.best) == (0.2, 1, 2)
        """,
        tmp_path,
    )


def test_silence_is_kept(tmp_path: Path):
    source = "import stepwell; stepwell.init(project='p').log({'a': 1})"
    assert python(source, tmp_path, STEPWELL_SILENT="1") == ""
    assert python(source, tmp_path, WANDB_SILENT="true") == ""
    assert "stepwell ui" in python(source, tmp_path)


def test_a_second_init_returns_ends_or_adds(tmp_path: Path):
    python(
        """
        import stepwell
        first = stepwell.init(project="p")
        assert stepwell.init(project="p") is first
        second = stepwell.init(project="p", reinit="create_new")
        assert second is not first and stepwell.run is first and not first.is_finished
        third = stepwell.init(project="p", reinit="finish_previous")
        assert first.is_finished and second.is_finished and stepwell.run is third
        """,
        tmp_path,
    )


def test_a_disabled_run_keeps_nothing_and_says_nothing(tmp_path: Path):
    said = python(
        """
        import stepwell
        with stepwell.init(project="p", mode="disabled", config={"lr": 0.1}) as run:
            run.log({"a": 1})
            stepwell.log({"a": 2}, commit=False)
            assert (run.step, run.summary["a"], run.config.lr) == (1, 2, 0.1)
            run.define_metric("a")
            run.name = "another"
        """,
        tmp_path,
    )
    assert said == ""
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_gives_way_to_a_temporary_one(tmp_path: Path):
    (tmp_path / "file").write_text("")
    (tmp_path / "temporary").mkdir()
    said = python(
        """
        import os, stat, tempfile
        import stepwell
        tempfile.tempdir = os.path.abspath("temporary")
        own = os.path.join(tempfile.tempdir, f"stepwell-{os.getuid()}")
        for number in range(2):
            with stepwell.init(project="p", id=f"r{number}", dir="file/below") as run:
                run.log({"a": 1})
                assert run.directory == own == run.settings.dir
        assert stat.S_IMODE(os.stat(own).st_mode) == 0o700
        # What somebody else has put there is not trusted.
        os.rename(own, "elsewhere")
        os.symlink(os.path.abspath("elsewhere"), own)
        with stepwell.init(project="p", id="r2", dir=b"caf\\xe9".decode(errors="surrogateescape")) as run:
            assert run.directory.startswith(own.rpartition("-")[0]) and run.directory != own
        """,
        tmp_path,
    )
    assert said.count("WARNING the directory") == 3
    assert f"{tmp_path}/file/below cannot be written to: Not a directory. The run is kept in " in said
    with Api(tmp_path / "elsewhere") as api:
        assert [run.state for run in api.runs("p")] == ["finished"] * 2


@pytest.mark.parametrize(("place", "strict"), [("file", False), (".", True)])
def test_without_another_directory_and_with_strict_the_one_that_was_asked_for_is_named(
    tmp_path: Path, place: str, strict: bool
):
    (tmp_path / "file").write_text("")
    said = python(
        f"""
        import os, tempfile
        import stepwell
        tempfile.tempdir = os.path.abspath({place!r})
        try:
            stepwell.init(project="p", dir="file/below", strict={strict})
        except stepwell.Error as error:
            print(error)
        assert stepwell.run is None
        """,
        tmp_path,
    )
    assert "file/below cannot be written to" in said
    assert "STEPWELL_DIR" in said


def test_unknown_keywords_are_type_errors(tmp_path: Path):
    python(
        """
        import stepwell
        for wrong in ({"entiti": "me"}, {"settings": {"colour": "red"}}):
            try:
                stepwell.init(**wrong)
            except TypeError as error:
                assert next(iter(wrong)) in str(error) or "colour" in str(error)
            else:
                raise AssertionError(wrong)
        for wrong in ({"resume_from": "r?_step=1"}, {"fork_from": "r?_step=1"}, {"resume": "must"}):
            try:
                stepwell.init(**wrong)
            except stepwell.UsageError:
                pass
            else:
                raise AssertionError(wrong)
        """,
        tmp_path,
    )
