"""Settings of wandb: read and set under their own names, from its files, and without effect."""

import copy
import pickle
from pathlib import Path

import pytest

import stepwell
from stepwell import Settings, UsageError
from stepwell.settings.settings_file import from_wandb_file, settings_of_process


def test_settings_are_read_under_the_names_of_wandb():
    settings = Settings(id="r", tags=["a"], dir="/data/stepwell", url="http://host:1", project="p")
    assert (settings.run_id, settings.run_tags, settings.base_url) == ("r", ("a",), "http://host:1")
    assert (settings.root_dir, settings.wandb_dir) == ("/data", "/data/stepwell")
    assert settings.run_url == "http://host:1/local/p/runs/r/charts"
    assert settings.project_url == "http://host:1/local/p"
    assert settings.settings is settings
    assert (settings.x_label, settings.x_primary, settings.x_service_wait, settings._offline) == (
        None,
        True,
        None,
        False,
    )
    assert len(settings.api_key) == 40
    with pytest.raises(AttributeError, match="no_such_setting"):
        _ = settings.no_such_setting


def test_settings_can_be_set_and_are_checked():
    settings = Settings()
    settings.mode = "dryrun"
    settings.run_name = "later"
    settings.x_of_a_later_version = 5
    settings.x_primary = False
    settings._disable_stats = True
    assert (settings.mode, settings.name, settings.primary) == ("offline", "later", False)
    assert (settings.x_of_a_later_version, settings._disable_stats) == (5, True)
    assert settings.said() == {"mode": "offline", "name": "later", "primary": False}
    settings.mode = None
    assert settings.mode == "online"
    assert "mode" not in settings.said()
    with pytest.raises(UsageError, match="mode"):
        settings.mode = "sometimes"
    with pytest.raises(AttributeError, match="colour"):
        settings.colour = "red"


def test_a_copy_has_settings_of_its_own():
    settings = Settings(mode="offline", x_label="a")
    other = copy.copy(settings)
    other.mode, other.x_other = "disabled", 1
    assert (settings.mode, settings.x_other, settings.said()) == ("offline", None, {"mode": "offline", "label": "a"})
    assert pickle.loads(pickle.dumps(other)).said() == copy.deepcopy(other).said() == other.said()


def test_each_way_to_say_that_another_process_ends_the_run_counts():
    assert not Settings(x_primary=True, x_update_finish_state=False).primary
    assert Settings(x_primary=True, x_update_finish_state=None).primary
    assert Settings(x_primary=False, primary=True).primary


@pytest.mark.parametrize("name", ["entity", "project", "id", "name", "group", "resume", "mode"])
def test_an_empty_text_is_not_given(name: str):
    assert Settings(**{name: ""}).said() == {}
    assert Settings.resolve({name: ""}, {name: ""}, {}).said() == {}
    assert Settings.resolve({"entity": ""}, None, {"WANDB_ENTITY": "me"}).entity == "me"


def test_what_has_no_effect_is_still_what_was_given():
    resolved = Settings.resolve({"project": "p"}, Settings(x_stats_sampling_interval=2, console="wrap"), {})
    assert (resolved.x_stats_sampling_interval, resolved.console) == (2, "wrap")


def test_the_root_of_wandb_is_the_directory_above():
    assert Settings.resolve({}, Settings(root_dir="/data"), {}).dir == "/data/stepwell"
    assert Settings.resolve({}, {"root_dir": "/data"}, {"STEPWELL_DIR": "/own"}).dir == "/own"


def test_the_settings_of_a_run_know_its_id_and_its_page(tmp_path: Path):
    given = Settings(project="p", dir=str(tmp_path), mode="disabled", url="http://127.0.0.1:9")
    with stepwell.init(settings=given) as run:
        assert run.settings.run_id == run.id
        assert run.settings.run_url is None
    assert given.id is None


def test_settings_files_of_wandb_are_read_last_and_are_never_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    near, far = tmp_path / "wandb" / "settings", tmp_path / "home" / "wandb" / "settings"
    for file, text in (
        (near, "[default]\nproject = near\nbase_url = http://a\n"),
        (far, "entity = far\nproject = far\n"),
    ):
        file.parent.mkdir(parents=True)
        file.write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    for name in ("WANDB_PROJECT", "WANDB_ENTITY", "STEPWELL_PROJECT", "STEPWELL_ENTITY", "WANDB_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    found = settings_of_process({})
    assert (found.entity, found.project, found.url) == ("far", "near", None)
    (tmp_path / "stepwell").mkdir()
    (tmp_path / "stepwell" / "settings").write_text("project = ours\n")
    assert settings_of_process({}).project == "ours"
    for wrong in (b"\xff", b"[default\n", b"mode = sometimes\n", b"colour = red\nproject = p\n"):
        near.write_bytes(wrong)
        assert from_wandb_file(near) == ({"project": "p"} if b"red" in wrong else {})
