"""The names of the package: all of wandb's that scripts use, and those without a run do what they say."""

import importlib
import inspect
import pickle
from pathlib import Path
from typing import get_type_hints

import pytest

import stepwell
from stepwell import Error, UsageError
from stepwell.errors import UnsupportedError

NAMES = """
init run log config summary finish define_metric watch unwatch save restore alert login setup teardown attach
require plot plot_table visualize Settings Run Config Api Image Audio Video Table Html Molecule Object3D Histogram
Plotly Classes Artifact box3d termlog termwarn termerror errors env AlertLevel __version__ log_artifact use_artifact
log_code log_model use_model link_model mark_preempting Error UsageError CommError log_columns
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_the_name_is_there_and_listed(name: str):
    assert hasattr(stepwell, name)
    assert name in dir(stepwell)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'sweeps'"):
        _ = stepwell.sweeps


@pytest.mark.parametrize("name", ["init", "save", "log_columns"])
def test_annotations_are_found_at_run_time(name: str):
    assert "return" in get_type_hints(getattr(stepwell, name))


@pytest.mark.parametrize("name", ["Error", "UsageError", "CommError", "ConfigError", "AuthenticationError"])
def test_errors_have_the_names_that_scripts_catch(name: str):
    module = importlib.import_module("stepwell.errors")
    assert issubclass(getattr(module, name), module.Error)


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("watch", (None,)),
        ("unwatch", ()),
        ("save", ("*.py",)),
        ("alert", ("title",)),
        ("log_artifact", ("path",)),
        ("log_model", ("path",)),
        ("log_code", ()),
        ("log_columns", ({},)),
        ("use_artifact", ("name",)),
        ("use_model", ("name",)),
        ("link_artifact", ("name",)),
        ("link_model", ("name",)),
        ("mark_preempting", ()),
        ("restore", ("file",)),
    ],
)
def test_what_needs_a_run_says_so(call: str, arguments: tuple[object, ...]):
    with pytest.raises(Error, match=call):
        getattr(stepwell, call)(*arguments)


@pytest.mark.parametrize("name", ["alert", "log_artifact", "save", "watch"])
def test_a_function_of_the_current_run_has_the_methods_parameters_and_can_be_pickled(name: str):
    function, method = getattr(stepwell, name), getattr(stepwell.Run, name)
    assert list(inspect.signature(function).parameters) == list(inspect.signature(method).parameters)[1:]
    assert function.__doc__ == method.__doc__
    assert pickle.loads(pickle.dumps(function)) is function


def test_setup_require_and_teardown_return_sensibly():
    assert stepwell.setup().project == "uncategorized"
    assert stepwell.setup(settings={"project": "p"}).project == "p"
    stepwell.require("core")
    stepwell.teardown()
    assert stepwell.setup().project == "uncategorized"


def test_what_setup_is_told_holds_for_every_run_that_follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WANDB_PROJECT", "of-the-environment")
    try:
        stepwell.setup(stepwell.Settings(project="of-setup", group="g"))
        stepwell.setup().settings.job_type = "set"
        given = {"dir": tmp_path, "mode": "disabled", "reinit": "create_new"}
        with stepwell.init(**given) as run:
            assert (run.project, run.group, run.job_type) == ("of-setup", "g", "set")
        with stepwell.init(settings={"group": "own"}, project="argument", **given) as run:
            assert (run.project, run.group, run.job_type) == ("argument", "own", "set")
    finally:
        stepwell.teardown()
    assert stepwell.setup().project == "of-the-environment"


def test_login_remembers_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("STEPWELL_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    assert stepwell.login() is True, "programs that are told False log nothing"
    assert stepwell.login(key="secret", host="https://api.wandb.ai", relogin=True) is True
    assert stepwell.setup().url is None
    assert stepwell.login(url="http://127.0.0.1:7117/") is True
    assert stepwell.setup().url == "http://127.0.0.1:7117"
    with pytest.raises(UsageError, match="http"):
        stepwell.login(url="example.org")


def test_a_server_of_wandb_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("STEPWELL_URL", raising=False)
    monkeypatch.delenv("STEPWELL_SILENT", raising=False)
    assert stepwell.login(host="http://wandb.invalid:8080", key="0" * 40) is True
    assert stepwell.setup().url is None
    assert list(tmp_path.iterdir()) == []
    assert "http://wandb.invalid:8080 is a server of wandb's" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["util", "sdk.wandb_run.Run", "data_types.Image", "wandb_run", "apis.public.File", "join", "plot.line"]
)
def test_what_scripts_find_below_wandb_they_find_below_the_package(name: str):
    found = stepwell
    for part in name.split("."):
        found = getattr(found, part)
    assert found is not None


@pytest.mark.parametrize("name", ["sweep", "agent", "controller", "launch", "Graph", "JoinedTable"])
def test_what_is_missing_says_what_to_use_when_it_is_called(name: str):
    found = getattr(stepwell, name)
    assert not isinstance(1, found)
    with pytest.raises(UnsupportedError, match=f"wandb.{name} is not there: "):
        found({})
    with pytest.raises(UnsupportedError, match="confusion_matrix"):
        stepwell.sklearn.plot_residuals(None)


def test_lines_for_the_terminal(capsys: pytest.CaptureFixture[str]):
    stepwell.termlog("one\ntwo")
    stepwell.termwarn("three", newline=False)
    stepwell.termerror(" four", prefix=False)
    for _ in range(3):
        stepwell.termlog("only once", repeat=False)
    assert capsys.readouterr().err == (
        "stepwell: one\nstepwell: two\nstepwell: WARNING threeERROR  four\nstepwell: only once\n"
    )


def test_the_environment_is_read_as_the_settings_do():
    from stepwell import env

    assert env.is_offline({"WANDB_MODE": "dryrun"})
    assert not env.is_offline({})
    assert env.get_project("default", {"WANDB_PROJECT": "theirs", "STEPWELL_PROJECT": "ours"}) == "ours"
    assert env.get_entity("default", {}) == "default"
    assert env.get_dir(env={"WANDB_DIR": "/data"}) == "/data/stepwell"
