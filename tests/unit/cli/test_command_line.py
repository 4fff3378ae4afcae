"""Arguments of the command line."""

from pathlib import Path

import pytest

from stepwell.cli.main import build_parser, main


def test_the_command_alone_prints_help_with_examples(capsys: pytest.CaptureFixture[str]):
    assert main([]) == 0
    said = capsys.readouterr().out
    assert "stepwell demo" in said
    assert "exit codes" in said


@pytest.mark.parametrize(
    "arguments", [["sing"], ["serve", "--port", "many"], ["serve", "--port", "70000"], ["demo", "--steps", "0"]]
)
def test_wrong_arguments_end_with_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert arguments[-1] in capsys.readouterr().err


def test_an_error_is_one_sentence_and_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["runs", str(tmp_path / "nowhere")]) == 1
    said = capsys.readouterr().err
    assert "nowhere" in said
    assert "Traceback" not in said


def test_every_command_explains_its_options():
    text = build_parser().format_help()
    for command in ("serve", "ui", "sync", "runs", "demo", "export", "import-wandb", "verify"):
        assert command in text
