"""Plants one fault of each rule for TypeScript and sees that the check names it."""

from __future__ import annotations

import pytest

from arrows.tests.planted import found, write

CHART = "web/src/ui/chart.ts"


@pytest.mark.parametrize(
    "line",
    [
        'import { page } from "../pages/page";',
        'import type { Page } from "../pages/page";',
        'import {\n  page,\n} from "../pages/page";',
        'export * from "../pages/page";',
        'const page = lazy(() => import("../pages/page"));',
        'import "../pages/page";',
    ],
)
def test_an_arrow_up_is_found(tree, line):
    write(tree, CHART, f"// A chart.\n{line}\n")
    write(tree, "web/src/pages/page.ts", "// A page.\n")
    assert [entry.split(":")[2] for entry in found(tree)] == [" ui → pages, which is above it"]


def test_tests_may_import_what_they_like(tree):
    write(tree, "web/src/ui/chart.test.ts", '// Tests.\nimport { page } from "../pages/page";\n')
    write(tree, "web/src/pages/page.ts", "// A page.\n")
    assert found(tree) == []


def test_panels_do_not_know_each_other(tree):
    write(tree, "web/src/panels/line/View.tsx", '// Lines.\nimport { Bars } from "../bar/View";\n')
    write(tree, "web/src/panels/bar/View.tsx", '// Bars.\nimport type { Panel } from "../types";\n')
    write(tree, "web/src/panels/types.ts", "// Types.\n")
    assert found(tree) == ["web/src/panels/line/View.tsx:2: line → bar, another panel"]


def test_a_folder_that_is_not_drawn_is_found(tree):
    write(tree, "web/src/extra/more.ts", "// More.\n")
    assert found(tree) == ["web/src/extra/more.ts: is in no package of the order"]


def test_a_circle_is_found_over_several_files(tree):
    for name, other in (("one", "two"), ("two", "three"), ("three", "one")):
        write(tree, f"web/src/ui/{name}.ts", f'// A file.\nimport {{ f }} from "./{other}";\n')
    assert found(tree) == ["web/src/ui/one.ts:2: a circle: ui/one.ts → ui/two.ts → ui/three.ts → ui/one.ts"]


def test_comments_make_no_circle(tree):
    write(tree, "web/src/ui/one.ts", '// A file.\nimport { f } from "./two";\n')
    write(tree, "web/src/ui/two.ts", '// A file.\n// import { f } from "./one";\n/* import "./one"; */\n')
    assert found(tree) == []
