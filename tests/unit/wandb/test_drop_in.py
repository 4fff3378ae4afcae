"""The drop-in: what a process sees in which `import wandb` means stepwell."""

import importlib
import subprocess
import sys
from email.parser import Parser
from pathlib import Path

import pytest

from stepwell.cli.exec import environment
from stepwell.wandb import FOLDER
from stepwell.wandb.finder import VERSION
from stepwell.wandb.missing import WAYS
from stepwell.wandb.names import MODULES

# Modules of libraries that are not installed here; tests/clients imports them.
NEEDS_A_LIBRARY = ("fabric", "keras", "sb3", "xgboost")
WITHOUT_LIBRARY = sorted(name for name in MODULES if name.rpartition(".")[2] not in NEEDS_A_LIBRARY)


def python(program: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments, "-c", program]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def test_every_name_of_every_module_leads_somewhere(tmp_path: Path):
    program = f"""
import importlib, stepwell
stepwell.install_as_wandb()
from stepwell.wandb.names import MODULES
for module in {WITHOUT_LIBRARY!r}:
    found = importlib.import_module(module)
    names = MODULES[module]
    for name in [] if isinstance(names, str) else [name for name in names if name != "*"]:
        assert getattr(found, name) is not None, (module, name)
    assert dir(found) is not None
print(len(MODULES))
"""
    done = python(program, cwd=tmp_path)
    assert done.stdout.strip() == str(len(MODULES)), done.stderr


def test_what_clients_import_is_there(tmp_path: Path):
    program = """
import stepwell
stepwell.install_as_wandb()
import wandb, wandb.util
from wandb import Artifact, Image, Table
from wandb.sdk.wandb_run import Run
from wandb.wandb_run import Run as OldRun
from wandb.sdk.lib import RunDisabled
from wandb.sdk.lib.config_util import ConfigError
from wandb.errors import CommError, UsageError
from wandb.plot import line
import importlib.util, importlib.metadata
assert Run is OldRun is stepwell.Run and ConfigError is stepwell.ConfigError
assert importlib.util.find_spec("wandb") is not None and wandb.__spec__ is not None
assert importlib.metadata.version("wandb") == wandb.__version__
assert len(wandb.util.generate_id()) == 8
assert wandb.run is None and wandb.sdk.wandb_run.Run is Run
try:
    wandb.no_such_name
except AttributeError as error:
    assert "no_such_name" in str(error)
else:
    raise SystemExit("no error")
with wandb.init(project="p", mode="disabled") as run:
    assert wandb.run is run and isinstance(run, Run) and isinstance(run, RunDisabled)
    assert wandb.config is run.config and wandb.log == run.log
assert wandb.run is None
"""
    done = python(program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_what_programs_touch_around_the_logger_is_there(tmp_path: Path):
    """Ray, spaCy, OpenMMLab, LangChain and others import or call these, and give up where one is missing."""
    program = """
import pickle, stepwell
stepwell.install_as_wandb()
import wandb, wandb.sdk.data_types.trace_tree
from wandb import init, log, join, Api
from wandb.util import json_dumps_safer
from wandb.wandb_run import Run
from wandb.sdk.lib import telemetry, printer, paths
from wandb.sdk.lib.disabled import RunDisabled
from wandb.sdk.data_types.base_types.wb_value import WBValue
from wandb.apis.public import File, Files, Project
from wandb.apis.internal import Api as InternalApi
from wandb.sdk.lib import apikey
assert apikey.api_key() == wandb.api.api_key
import wandb.errors.util, wandb.wandb_sdk.wandb_run
wandb.ensure_configured()
assert wandb.api.api_key and wandb.api.settings("project") == "uncategorized" and not hasattr(wandb.api, "no_such")
assert wandb.login(key="x" * 40, timeout=30) is True
assert json_dumps_safer({"a": 1}) == '{"a": 1}'
with telemetry.context() as tel:
    tel.feature.something = True
assert pickle.loads(pickle.dumps(wandb)) is wandb and pickle.loads(pickle.dumps(wandb.sdk)) is wandb.sdk
assert pickle.loads(pickle.dumps(wandb.init)) is wandb.init
here = {}
exec("from wandb.data_types import *", here)
assert here["Image"] is wandb.Image and "__version__" not in here
assert wandb.Graph | None is None | wandb.Graph
env = {}
wandb.env.set_project("mine", env=env)
assert (wandb.env.get_project(env=env), wandb.env.PROJECT, env) == ("mine", "WANDB_PROJECT", {"WANDB_PROJECT": "mine"})
import os
from wandb.integration.langchain import WandbTracer
class Mine(WandbTracer):
    pass
Mine()
try:
    wandb.integration.openai.autolog()
except wandb.errors.UnsupportedError as error:
    assert str(error).startswith("wandb.integration.openai.autolog is not there")
assert os.path.basename(os.path.dirname(wandb.__file__)) == "wandb" and len(os.environ["WANDB_API_KEY"]) == 40
assert not wandb.sdk.lib.ipython.in_jupyter()
from wandb.apis.public.runs import Run as ReadRun
from wandb.sdk.wandb_artifacts import get_artifacts_cache
assert ReadRun is wandb.apis.public.Run and get_artifacts_cache().cleanup(10) == 0
box = {"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}, "class_id": 1}
parts = wandb.data_types.BoundingBoxes2D({"box_data": [box]}, "found")
mask = wandb.data_types.ImageMask({"mask_data": [[0, 1]]}, "ground")
assert wandb.Image([[0, 1]], boxes={"found": parts}, masks={"ground": mask})
table = wandb.EvalTable(data=[[1, 2, 0.5]], input_columns=["q"], output_columns=["a"], score_columns=["score"])
assert isinstance(table, wandb.Table) and table.columns == ["q", "a", "score"]
assert not wandb.Settings()._notebook and wandb.Settings().app_url == "" and wandb.Settings().sweep_url is None
run = wandb.init(project="p", mode="disabled")
run.pin_config_keys(["lr"])
run.settings.update({"console": "off", "silent": True})
assert run.settings.silent and run._is_finished is False
assert isinstance(run, Run) and not isinstance(run, wandb.Graph)
wandb.join()
assert wandb.run is None
"""
    done = python(program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_rare_names_of_wandb_are_there_or_say_what_to_use(tmp_path: Path):
    program = """
import stepwell
stepwell.install_as_wandb()
import wandb
from wandb.plot.line import line
import wandb.plot.line, wandb.plot.custom_chart, wandb.plot.roc_curve
import wandb.beta.workflows, wandb.cli.cli, wandb.sdk.launch, wandb.sdk.integration_utils.auto_logging
assert wandb.plot.line is line is stepwell.plot.line and wandb.plot.bar is stepwell.plot.bar
config = wandb.Config()
config.update({"lr": 0.1})
assert config.lr == 0.1 and dict(wandb.Config()) == {}
for missing in (
    wandb.tensorboard.TensorboardHook, wandb.tensorboard.log, wandb.TensorboardHook, wandb.data_types.Bokeh,
    wandb.beta.workflows.log_model, wandb.cli.cli.cli, wandb.sdk.launch.launch_add,
    wandb.sdk.integration_utils.auto_logging.AutologAPI,
):
    try:
        missing("anything")
    except wandb.errors.UnsupportedError as error:
        assert str(error).startswith("wandb.") and " is not there: " in str(error), error
    else:
        raise SystemExit(f"no error of {missing}")
assert callable(wandb.tensorboard.patch)
"""
    done = python(program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_what_is_missing_is_documented():
    page = (Path(__file__).parents[3] / "docs" / "coming-from-wandb.md").read_text(encoding="utf-8")
    assert [name for name in WAYS if f"`wandb.{name}`" not in page and f"`{name}`" not in page] == []


def test_messages_name_the_package_as_the_script_does(tmp_path: Path):
    done = python("import stepwell; stepwell.install_as_wandb(); import wandb; wandb.log({})", cwd=tmp_path)
    assert "You must call wandb.init() before wandb.log()" in done.stderr


def test_a_module_that_wandb_does_not_have_is_not_found(tmp_path: Path):
    done = python("import stepwell; stepwell.install_as_wandb(); import wandb.nothing", cwd=tmp_path)
    assert "ModuleNotFoundError: No module named 'wandb.nothing'" in done.stderr


def test_a_wandb_that_was_imported_before_is_warned_of(tmp_path: Path):
    (tmp_path / "wandb.py").write_text("real = True\n")
    program = "import wandb, stepwell; stepwell.install_as_wandb(); import wandb; print(wandb.init)"
    done = python(program, cwd=tmp_path)
    assert "RuntimeWarning: wandb was imported before" in done.stderr
    assert done.stdout.startswith("<function init")


def test_the_directory_of_a_client_is_the_one_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("STEPWELL_DIR", raising=False)
    program = """
import stepwell
stepwell.install_as_wandb()
import wandb
with wandb.init(project="p", dir="checkpoints") as run:
    wandb.log({"a": 1})
"""
    done = python(program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "checkpoints" / "stepwell" / "spool").is_dir()


def test_the_folder_has_metadata_of_the_same_version():
    (metadata,) = FOLDER.glob("*.dist-info/METADATA")
    assert metadata.parent.name == f"wandb-{VERSION}.dist-info"
    assert Parser().parsestr(metadata.read_text())["Version"] == VERSION


def test_processes_inherit_what_exec_says():
    own = {"PYTHONPATH": "/a:/b", "HOME": "/h", "STEPWELL_SUMMARY_FOLLOWS_LOG": "0"}
    said = environment(own)
    assert said["PYTHONPATH"].split(":") == [str(FOLDER), "/a", "/b"]
    assert (said["HOME"], said["STEPWELL_SUMMARY_FOLLOWS_LOG"]) == ("/h", "0")
    assert environment(said) == said


def execute(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stepwell", "exec", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def test_exec_is_python_with_another_wandb(tmp_path: Path):
    (tmp_path / "there").mkdir()
    script = tmp_path / "there" / "script.py"
    script.write_text(
        "import sys, wandb, neighbour\n"
        "print(sys.argv[1:], __name__, sys.argv[0], sys.path[0], wandb.__version__)\n"
        "sys.exit(7)\n"
    )
    (tmp_path / "there" / "neighbour.py").write_text("")
    done = execute("there/script.py", "--version", "-m", "x", "--", "-h", cwd=tmp_path)
    assert done.returncode == 7, done.stderr
    assert (
        done.stdout.strip()
        == f"['--version', '-m', 'x', '--', '-h'] __main__ there/script.py {tmp_path}/there {VERSION}"
    )
    plain = subprocess.run([sys.executable, "there/nothing.py"], cwd=tmp_path, capture_output=True, check=False)
    assert execute("there/nothing.py", cwd=tmp_path).returncode == plain.returncode


def test_exec_runs_modules_and_shows_tracebacks_as_they_are(tmp_path: Path):
    (tmp_path / "module.py").write_text("import sys\nprint(sys.argv[1:])\nraise ValueError('of the script')\n")
    done = execute("-m", "module", "--", "a", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.strip() == "['--', 'a']"
    assert done.stderr.strip().endswith("ValueError: of the script")
    assert "stepwell" not in done.stderr.replace(str(Path(importlib.import_module("stepwell").__file__)), "")


def test_exec_without_a_script_is_an_error(tmp_path: Path):
    done = execute(cwd=tmp_path)
    assert done.returncode == 2
    assert "SCRIPT" in done.stderr


def test_processes_that_a_program_begins_find_it_too(tmp_path: Path):
    (tmp_path / "parent.py").write_text(
        "import multiprocessing, subprocess, sys\n"
        "def version(_):\n"
        "    import wandb\n"
        "    return wandb.__version__\n"
        "if __name__ == '__main__':\n"
        "    look = 'import wandb; print(wandb.__version__)'\n"
        "    print(subprocess.check_output([sys.executable, '-c', look], text=True))\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(version, [0])[0])\n"
    )
    done = execute("parent.py", cwd=tmp_path)
    assert done.stdout.split() == [VERSION, VERSION], done.stderr


def test_spawned_processes_find_it_without_exec(tmp_path: Path):
    (tmp_path / "child.py").write_text("def version(_):\n    import wandb\n    return wandb.__version__\n")
    program = """
import multiprocessing, stepwell
if __name__ == "__main__":
    stepwell.install_as_wandb()
    import child
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(child.version, [0])[0])
"""
    done = python(program, cwd=tmp_path)
    assert done.stdout.split() == [VERSION], done.stderr


def test_a_later_log_replaces_a_summary_value_that_was_set_by_hand(tmp_path: Path):
    program = """
import sys, stepwell
if sys.argv[1:] == ["drop-in"]:
    stepwell.install_as_wandb()
with stepwell.init(project="p", dir="out") as run:
    run.summary["best"] = 10
    run.log({"best": 3})
    run.flush(5)
    print(run.summary["best"])
"""
    (tmp_path / "program.py").write_text(program)
    for arguments, expected in ((["drop-in"], "3"), ([], "10")):
        command = [sys.executable, "program.py", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout.strip() == expected, done.stderr
