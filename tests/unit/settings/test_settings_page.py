"""docs/settings.md shows the settings that there are."""

from pathlib import Path

from stepwell.settings.settings import reference

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_the_page_holds_the_table_of_the_code():
    assert PAGE.read_text(encoding="utf-8").endswith(reference()), (
        "docs/settings.md is out of date: put the output of stepwell.settings.settings.reference() at its end"
    )
