"""Settings: their order of precedence, their checks, and what is read from variables and files."""

import os
import subprocess
import sys
import textwrap
from collections import UserList
from pathlib import Path

import numpy as np
import pytest

from stepwell.errors import Error, UsageError
from stepwell.settings.settings import Settings, from_environment
from stepwell.settings.settings_file import from_file, settings_files, write_setting


def test_arguments_beat_settings_beat_stepwell_beat_wandb_beat_files_beat_defaults(tmp_path: Path):
    near, far = tmp_path / "near", tmp_path / "far"
    near.write_text("[default]\nentity = near\n")
    far.write_text("entity = far\ngroup = far\n")
    environment = {
        "WANDB_NOTES": "wandb",
        "WANDB_NAME": "wandb",
        "WANDB_PROJECT": "wandb",
        "WANDB_RUN_GROUP": "",
        "STEPWELL_NAME": "stepwell",
        "STEPWELL_PROJECT": "stepwell",
        "STEPWELL_JOB_TYPE": "stepwell",
    }
    given = Settings(project="settings", job_type="settings")
    resolved = Settings.resolve(
        {"job_type": "argument", "project": None}, given, environment, [from_file(near), from_file(far)]
    )
    assert resolved.job_type == "argument"
    assert resolved.project == "settings"
    assert resolved.name == "stepwell"
    assert resolved.notes == "wandb"
    assert resolved.entity == "near"
    assert resolved.group == "far"
    assert resolved.mode == "online"


def test_what_was_not_said_hides_nothing():
    assert Settings(project="p", name=None).said() == {"project": "p"}
    assert Settings.resolve({"project": None}, {"project": "p"}, {}).project == "p"


def test_an_unknown_setting_is_a_type_error():
    with pytest.raises(TypeError, match="projekt"):
        Settings(projekt="p")


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("mode", "dryrun", "offline"),
        ("mode", "shared", "online"),
        ("resume", True, "auto"),
        ("resume", "true", "auto"),
        ("resume", False, None),
        ("reinit", True, "finish_previous"),
        ("reinit", False, "return_previous"),
        ("tags", "a, b,,a", ("a", "b")),
        ("tags", ["b", "a"], ("b", "a")),
        ("tags", UserList(["b", "a"]), ("b", "a")),
        ("tags", [os.fsdecode(b"caf\xe9")], ("caf\\udce9",)),
        ("name", os.fsdecode(b"caf\xe9"), "caf\\udce9"),
        ("strict", "true", True),
        ("rank", "3", 3),
        ("rank", np.int64(3), 3),
        ("silent", "yes", True),
        ("silent", "0", False),
        ("finish_timeout", "2.5", 2.5),
        ("url", "http://host:7117/", "http://host:7117"),
        ("url", "http://[::1]:80", "http://[::1]:80"),
        ("dir", Path("a"), "a"),
    ],
)
def test_values_are_read_as_they_are_meant(name: str, value: object, kept: object):
    assert getattr(Settings(**{name: value}), name) == kept


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("mode", "sometimes", "mode must be one of online, offline, disabled, not 'sometimes'"),
        ("resume", "perhaps", "resume"),
        ("reinit", "perhaps", "reinit"),
        ("on_full", "panic", "sample, block, raise"),
        ("rank", -1, "rank"),
        ("rank", True, "rank"),
        ("silent", "maybe", "silent"),
        ("finish_timeout", -1, "seconds"),
        ("finish_timeout", float("nan"), "seconds"),
        ("url", "host:7117", "http://host:port"),
        ("url", "ftp://host", "http://host:port"),
        ("url", "http://", "no host"),
        ("url", "http://host:99999", "http://host:port"),
        ("url", "http://[::1", "http://host:port"),
        ("url", "https://host:7117", "https://, which this version does not speak"),
        ("url", 7, "str"),
        ("dir", "", "directory"),
        ("project", "a/b", "'a/b' contains /"),
        ("project", "x" * 129, "128"),
        ("project", " ", "empty"),
        ("project", "a\nb", "control"),
        ("project", " p", "white space"),
        ("entity", "e ", "white space"),
        ("id", " r", "white space"),
        ("label", "*", "all labels"),
        ("label", " 0", "white space"),
        ("entity", "a:b", "entity"),
        ("id", "a'b", "id"),
        ("label", "x" * 129, "label"),
        ("tags", [""], "1 to 64"),
        ("tags", ["x" * 65], "65"),
        ("tags", [1], "int"),
        ("tags", 5, "sequence"),
        ("name", 5, "name must be a str"),
    ],
)
def test_wrong_values_are_named(name: str, value: object, said: str):
    with pytest.raises(UsageError) as caught:
        Settings(**{name: value})
    assert said in str(caught.value)


def test_a_wrong_variable_is_named():
    with pytest.raises(UsageError, match="STEPWELL_RANK"):
        from_environment({"STEPWELL_RANK": "first"})


def test_wandb_dir_is_the_directory_above():
    assert from_environment({"WANDB_DIR": "/data"}) == {"dir": "/data/stepwell"}
    assert from_environment({"WANDB_DIR": "/data", "STEPWELL_DIR": "/runs"}) == {"dir": "/runs"}


def test_no_variable_of_wandb_names_a_server():
    assert from_environment({"WANDB_BASE_URL": "https://api.example.org", "WANDB_API_KEY": "secret"}) == {}


@pytest.mark.parametrize("text", ["colour = red\n", "rank = first\n", "[default\n", "\udcff"])
def test_a_wrong_file_is_named(tmp_path: Path, text: str):
    file = tmp_path / "settings"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=str(file)):
        from_file(file)


def test_a_setting_is_written_in_place_of_an_earlier_one(tmp_path: Path):
    file = tmp_path / "new" / "settings"
    write_setting(file, "url", "http://one:1")
    assert from_file(file) == {"url": "http://one:1"}
    file.write_text("[default]\nentity = me\nurl=http://one:1\n[other]\nurl = x\n")
    write_setting(file, "url", "http://two:2")
    write_setting(file, "project", "p")
    assert from_file(file) == {"entity": "me", "url": "http://two:2", "project": "p"}
    assert "[other]\nurl = x" in file.read_text()
    (tmp_path / "file").touch()
    with pytest.raises(Error, match="cannot be written"):
        write_setting(tmp_path / "file" / "settings", "url", "http://one:1")


def test_settings_files_are_those_of_the_directory_and_of_the_user(tmp_path: Path):
    near, far = settings_files({"XDG_CONFIG_HOME": str(tmp_path)})
    assert (near, far) == (Path("stepwell") / "settings", tmp_path / "stepwell" / "settings")


def test_names_of_wandbs_settings_are_understood_or_ignored():
    settings = Settings(run_id="r", run_tags=["a"], start_method="thread", _disable_stats=True, x_disable_stats=True)
    assert (settings.id, settings.tags) == ("r", ("a",))
    assert settings.said() == {"id": "r", "tags": ("a",)}
    with pytest.raises(TypeError, match="_disable_nothing"):
        Settings(_disable_nothing=True)


@pytest.mark.parametrize("moment", ["r", "r?_step=", "r?_step=-1", "?_step=1", "r?_step=1.5", "a/b?_step=1"])
def test_a_moment_of_a_run_has_an_id_and_a_step(moment: str):
    with pytest.raises(UsageError):
        Settings(resume_from=moment)
    assert Settings(fork_from="r?_step=12").fork_from == "r?_step=12"


def test_a_user_without_rights_or_a_home_begins_all_the_same(tmp_path: Path):
    (tmp_path / ".config" / "stepwell").mkdir(parents=True)
    (tmp_path / ".config" / "stepwell" / "settings").write_text("project = other\n")
    (tmp_path / ".config").chmod(0)
    source = """
    import os, sys
    import stepwell.settings.settings_file as file
    if os.getuid() == 0:
        os.setuid(54321)  # nobody's
    print(file.settings_of_process({}).project)
    """
    for home in ({"HOME": str(tmp_path)}, {}):
        ended = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(source)],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **home},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ended.returncode, ended.stdout) == (0, "uncategorized\n"), ended.stderr
