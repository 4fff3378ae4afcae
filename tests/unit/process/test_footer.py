"""The table at the end of a run."""

import math

from stepwell.process.footer import footer, short, sparkline


def test_a_sparkline_is_as_high_as_its_points():
    assert sparkline([0, 7]) == "▁█"
    assert sparkline(list(range(8))) == "▁▂▃▄▅▆▇█"
    assert sparkline([3, 3, 3]) == "▁▁▁"
    assert sparkline([-1.7e308, 0.0, 1.7e308]) == "▁▅█"
    assert sparkline([5e-324, 0.0]) == "▁▁" or sparkline([5e-324, 0.0]) == "█▁"


def test_keys_are_aligned_and_the_hidden_ones_left_out():
    history = {"loss": [2.0, 1.0], "accuracy": [0.0, 1.0], "_alerts": [1.0, 2.0], "once": [1.0]}
    summary = {"loss": 1.0, "accuracy": 0.123456789, "_step": 9, "image": {"_type": "image-file"}, "note": "a\nb"}
    assert footer(history, summary).split("\n") == [
        "Run history:",
        "  accuracy ▁█",
        "      loss █▁",
        "Run summary:",
        "  accuracy 0.12346",
        "      loss 1",
        "      note a b",
    ]


def test_at_most_thirty_keys_are_shown():
    lines = footer({}, {f"key{i:02}": i for i in range(40)}).split("\n")
    assert len(lines) == 1 + 30 + 1
    assert lines[-1].strip() == "… and 10 more"


def test_a_run_without_numbers_has_no_table():
    assert footer({}, {}) == ""
    assert footer({"x": [1.0]}, {"_step": 0}) == ""


def test_values_are_short():
    assert short(math.nan) == "nan"
    assert short(1234567.0) == "1.2346e+06"
    assert short(12345678901234) == "12345678901234"
    assert len(short("x" * 1000)) == 60
