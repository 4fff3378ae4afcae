"""The names of the package: all of wandb's that scripts use, and those without a run do what they say."""

import importlib
import inspect
import pickle
from pathlib import Path

import pytest

import stepwell
from stepwell import Error, UsageError

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
    with pytest.raises(AttributeError, match="no attribute 'sweep'"):
        _ = stepwell.sweep


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


def test_login_remembers_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("STEPWELL_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    assert stepwell.login() is False
    assert stepwell.login(key="secret", host="https://api.wandb.ai", relogin=True) is False
    assert stepwell.login(url="http://127.0.0.1:7117/") is True
    assert stepwell.setup().url == "http://127.0.0.1:7117"
    assert stepwell.login() is True
    with pytest.raises(UsageError, match="http"):
        stepwell.login(host="example.org")


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
