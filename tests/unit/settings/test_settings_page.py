"""docs/settings.md shows the settings that there are."""

import json
from pathlib import Path

from stepwell.settings.settings import Settings, known

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def reference() -> str:
    """Return the page that documents every setting, as a Markdown table."""
    lines = ["| setting | default | variables | meaning |", "|---|---|---|---|"]
    for each in known().values():
        variables = [f"{prefix}{each.metadata[kind]}" for prefix, kind in (("STEPWELL_", "env"), ("WANDB_", "wandb"))
                     if each.metadata[kind]]  # fmt: skip
        default = "" if each.default is None else json.dumps(each.default)
        quoted = ", ".join(f"`{variable}`" for variable in variables)
        lines.append(f"| `{each.name}` | {f'`{default}`' if default else ''} | {quoted} | {each.metadata['doc']} |")
    return "\n".join(lines) + "\n"


def test_the_page_holds_the_table_of_the_code():
    assert PAGE.read_text(encoding="utf-8").endswith(reference()), (
        "docs/settings.md is out of date: put the output of reference(), which is in this file, at its end"
    )


def test_every_setting_is_documented():
    page = reference()
    for name in Settings.__dataclass_fields__:
        assert f"| `{name}` |" in page
    assert "`STEPWELL_URL`" in page
