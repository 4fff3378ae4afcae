"""The demo in a browser: charts grow, a tooltip says what was logged, axes, zoom and themes work.

The tests of this file are one visit, in the order in which they stand here. With STEPWELL_SCREENSHOTS=DIR the
last one writes pictures of the pages to DIR.
"""

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from stepwell import Api
from tests.browser.chromium import browser_page
from tests.support.processes import STEPWELL, Process, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.slow]

STEPS = 1000
RANKS = 4
SECTIONS = {"train", "val", "time", "grad"}


@dataclass
class Demo:
    """A running demo."""

    process: Process
    url: str

    def run(self) -> Any:
        (run,) = Api(self.url).runs("digits")
        return run

    def wait_until_done(self) -> None:
        def done() -> bool:
            assert self.process.alive(), f"{self.process.stdout}\n{self.process.stderr}"
            return "still serving" in self.process.stdout

        wait_until("the demo's run is done", done, 100, 0.1)

    def logged(self, key: str, label: str = "0") -> dict[int, float]:
        return {row["_step"]: row[key] for row in self.run().scan_history(keys=[key], label=label)}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    pytest.importorskip("sklearn", reason="the demo's data come with scikit-learn")
    home = tmp_path_factory.mktemp("demo")
    port_file = home / "port"
    command: list[str | Path] = [STEPWELL, "demo", "--no-browser", "--steps", str(STEPS), "--port-file", port_file]
    with Process(command, home / "work") as process:

        def port() -> str:
            assert process.alive(), f"{process.stdout}\n{process.stderr}"
            return port_file.read_text().strip() if port_file.exists() else ""

        yield Demo(process, f"http://127.0.0.1:{wait_until('the demo serves', port, 30)}")


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    return []


@pytest.fixture(scope="module")
def page(demo: Demo, complaints: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser_page(tmp_path_factory.mktemp("profile"), complaints) as page:
        yield page


def card(page: Page, key: str) -> Locator:
    found = page.locator(f'[data-testid="chart-card"][data-key="{key}"]')
    found.scroll_into_view_if_needed()
    return found


def points(card: Locator) -> int:
    """Return how many logged points the drawing stands for."""
    return int(card.get_attribute("data-logged") or 0)


def info(card: Locator) -> str:
    return card.get_by_test_id("chart-info").inner_text()


def hover(page: Page, card: Locator, share: float) -> Locator:
    """Move the mouse to a share of the plot's width and return the tooltip."""
    tooltip = page.get_by_test_id("tooltip")

    def shown() -> bool:
        # A chart that is drawn anew takes its tooltip away; the next move of the mouse brings it back.
        box = card.locator(".u-over").bounding_box()
        if box is None:
            return False
        page.mouse.move(box["x"] + box["width"] * share - 2, box["y"] + box["height"] / 2 - 2)
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        return tooltip.is_visible()

    wait_until("a tooltip is shown", shown)
    return tooltip


def step_of(tooltip: Locator) -> int:
    title = tooltip.locator(".tooltip-title").inner_text()
    found = re.fullmatch(r"step ([\d,]+)", title)
    assert found is not None, f"a tooltip of one point names its step: {title!r}"
    return int(found[1].replace(",", ""))


def values(tooltip: Locator) -> list[float]:
    return [float(each.get_attribute("data-value") or "") for each in tooltip.get_by_test_id("tooltip-value").all()]


def test_the_run_and_its_charts_are_found_from_the_front_page(page: Page, demo: Demo):
    page.goto(demo.url)
    link = page.get_by_test_id("project-link").filter(has_text="digits")
    link.click()
    expect(page.get_by_test_id("run-row")).to_have_count(1)
    for section in SECTIONS:
        expect(page.locator(f'[data-testid="section"][data-section="{section}"]')).to_be_visible()
    for key in ("train/loss", "train/accuracy", "val/accuracy", "time/step_ms"):
        chart = card(page, key)
        wait_until(f"{key} has points", lambda chart=chart: points(chart) > 0)
        expect(chart.locator("canvas").first).to_be_visible()


def test_new_points_appear_without_a_reload(page: Page, demo: Demo):
    page.evaluate("() => { window.notReloaded = true; }")
    chart = card(page, "train/loss")
    for _ in range(3):
        before = points(chart)
        assert before < STEPS, "the demo is still training"
        wait_until("a new point is drawn", lambda before=before: points(chart) > before, 5)
    expect(page.get_by_test_id("live-indicator")).to_have_attribute("data-state", "live")
    assert page.evaluate("() => window.notReloaded") is True


def test_the_whole_run_is_drawn_once_it_is_done(page: Page, demo: Demo):
    demo.wait_until_done()
    assert "each once and in order" in demo.process.stdout, demo.process.stdout
    chart = card(page, "train/loss")
    wait_until("every point is counted", lambda: points(chart) == STEPS)
    assert page.evaluate("() => window.notReloaded") is True
    run = demo.run()
    assert (run.state, run.labels, run.rows) == ("finished", ["0", "1", "2", "3"], RANKS * STEPS)


def test_a_tooltip_says_what_was_logged(page: Page, demo: Demo):
    logged = demo.logged("val/accuracy")
    chart = card(page, "val/accuracy")
    assert info(chart) == "exact"
    seen = {}
    for share in (0.05, 0.3, 0.6, 0.95):
        tooltip = hover(page, chart, share)
        seen[step_of(tooltip)] = values(tooltip)[0]
    assert len(seen) >= 3
    assert seen == {step: logged[step] for step in seen}, "to the last bit"


def test_a_tooltip_of_a_bucket_says_what_is_in_it(page: Page, demo: Demo):
    logged = demo.logged("train/loss")
    tooltip = hover(page, card(page, "train/loss"), 0.02)
    title = tooltip.locator(".tooltip-title").inner_text()
    found = re.fullmatch(r"step ([\d,]+) – ([\d,]+)", title)
    assert found is not None, f"a tooltip of a bucket names its first and last step: {title!r}"
    first, last = (int(number.replace(",", "")) for number in found.groups())
    inside = [logged[step] for step in range(first, last + 1)]
    assert values(tooltip)[0] == pytest.approx(sum(inside) / len(inside), rel=1e-12)


def test_zooming_in_shows_the_exact_points(page: Page, demo: Demo):
    chart = card(page, "train/loss")
    before = info(chart)
    box = chart.locator(".u-over").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.55, middle, steps=5)
    page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=5)
    page.mouse.up()
    expect(page.get_by_test_id("zoom-chip")).to_be_visible()
    wait_until("the window was fetched again", lambda: 0 < points(chart) < STEPS / 5)
    assert before.endswith("buckets")
    wait_until("every point of the window is drawn", lambda: info(chart) == "exact")
    logged = demo.logged("train/loss")
    for share in (0.2, 0.7):
        tooltip = hover(page, chart, share)
        assert STEPS * 0.4 < step_of(tooltip) < STEPS * 0.7
        assert values(tooltip)[0] == logged[step_of(tooltip)]
    wait_until("the address holds the window", lambda: "zoom=" in page.url)
    page.reload()
    expect(page.get_by_test_id("zoom-chip")).to_be_visible()
    chart = card(page, "train/loss")
    wait_until("the same window is shown after a reload", lambda: 0 < points(chart) < STEPS / 5)
    page.get_by_test_id("zoom-chip").get_by_label("Show everything").click()
    wait_until("everything is shown", lambda: points(chart) == STEPS)


def test_the_x_axis_can_be_any_key(page: Page, demo: Demo):
    axis = page.get_by_test_id("x-axis-select")
    for key, named in (("_runtime", "relative time"), ("lr", "lr"), ("_timestamp", "wall time"), ("_step", "step")):
        axis.select_option(key)
        chart = card(page, "val/accuracy")

        def title(chart: Locator = chart) -> str:
            return hover(page, chart, 0.5).locator(".tooltip-title").inner_text()

        wait_until(f"the tooltip names {key}", lambda title=title, named=named: title().startswith(named))
        assert points(chart) > 0


def test_ranks_are_shown_one_by_one_and_together(page: Page, demo: Demo):
    chart = card(page, "train/accuracy")
    ranks = page.get_by_test_id("ranks-select")
    ranks.select_option("each")
    wait_until("each rank has a line", lambda: len(values(hover(page, chart, 0.4))) == RANKS)
    ranks.select_option("all")
    wait_until("one line stands for all", lambda: len(values(hover(page, chart, 0.4))) == 1)
    expect(page.get_by_test_id("tooltip")).to_contain_text("min..max")
    ranks.select_option("primary")


def test_smoothing_leaves_the_logged_value_in_the_tooltip(page: Page, demo: Demo):
    logged = demo.logged("val/accuracy")
    page.get_by_test_id("smoothing").fill("0.8")
    chart = card(page, "val/accuracy")
    wait_until("the tooltip has a smoothed value", lambda: "smooth" in hover(page, chart, 0.5).inner_text())
    tooltip = hover(page, chart, 0.5)
    assert values(tooltip)[0] == logged[step_of(tooltip)]
    page.get_by_test_id("smoothing").fill("0")


def test_a_heat_map_is_painted(page: Page, demo: Demo):
    heatmap = page.locator('[data-testid="heatmap-card"][data-key="grad/layer1"]')
    heatmap.scroll_into_view_if_needed()
    wait_until("it has columns", lambda: points(heatmap) == STEPS // 50)
    colors = """canvas => {
        const { width, height } = canvas;
        return new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, width, height).data.buffer)).size;
    }"""
    canvas = heatmap.locator("canvas").first
    wait_until("counts have many shades", lambda: canvas.evaluate(colors) > 10)


def test_a_chart_is_saved_as_it_was_logged(page: Page, demo: Demo, tmp_path: Path):
    logged = demo.logged("val/accuracy")
    chart = card(page, "val/accuracy")
    chart.hover()
    with page.expect_download() as download:
        chart.get_by_label("Save val/accuracy as CSV").click()
    path = tmp_path / "saved.csv"
    download.value.save_as(path)
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert {int(line["_step"]): float(line["val/accuracy"]) for line in lines} == logged
    assert {line["run"] for line in lines} == {demo.run().id}


def test_the_theme_switches_and_stays(page: Page, demo: Demo):
    theme = page.locator("html")
    background = "() => getComputedStyle(document.body).backgroundColor"
    seen = {}
    for _ in range(3):
        page.get_by_test_id("theme-toggle").click()
        seen[theme.get_attribute("data-theme")] = page.evaluate(background)
    assert set(seen) == {"dark", "light"}
    assert seen["dark"] != seen["light"]
    switch_to(page, "light")
    page.reload()
    expect(theme).to_have_attribute("data-theme", "light")
    assert page.evaluate(background) == seen["light"]


def switch_to(page: Page, theme: str) -> None:
    toggle = page.get_by_test_id("theme-toggle")
    for _ in range(3):
        if toggle.get_attribute("data-choice") == theme:
            return
        toggle.click()
    expect(toggle).to_have_attribute("data-choice", theme)


def test_the_overview_of_the_run_shows_config_and_summary(page: Page, demo: Demo):
    run = demo.run()
    page.goto(f"{demo.url}/local/digits/runs/{run.id}/overview")
    expect(page.get_by_test_id("run-state")).to_have_text("finished")
    expect(page.get_by_test_id("config-table")).to_contain_text("learning_rate")
    expect(page.get_by_test_id("summary-table")).to_contain_text("val/accuracy")
    page.goto(f"{demo.url}/local/digits/runs")
    expect(page.get_by_test_id("runs-table").get_by_test_id("run-row")).to_have_count(1)


def test_a_page_that_does_not_exist_says_so(page: Page, demo: Demo, complaints: list[str]):
    before = len(complaints)
    page.goto(f"{demo.url}/local/digits/runs/nobody/overview")
    expect(page.get_by_test_id("error-page")).to_contain_text("nobody")
    del complaints[before:]  # the browser itself reports the 404


def test_the_console_has_no_errors(page: Page, complaints: list[str]):
    assert complaints == []


def test_pictures_are_taken(page: Page, demo: Demo, tmp_path: Path):
    """Into STEPWELL_SCREENSHOTS, if that names a directory."""
    directory = Path(os.environ.get("STEPWELL_SCREENSHOTS", tmp_path))
    directory.mkdir(parents=True, exist_ok=True)
    run = demo.run()
    pages = {"workspace": "/local/digits?ranks=all", "run-overview": f"/local/digits/runs/{run.id}/overview"}
    for theme in ("dark", "light"):
        for name, path in pages.items():
            page.goto(demo.url + path)
            switch_to(page, theme)
            page.mouse.move(0, 0)
            if name == "workspace":
                wait_until("the chart is drawn", lambda: points(card(page, "train/loss")) > 0)
                page.evaluate("() => document.querySelector('.workspace-scroll').scrollTo(0, 0)")
            page.wait_for_load_state("networkidle")
            picture = page.screenshot(path=directory / f"{name}-{theme}.png")
            assert len(picture) > 20_000, "a page with hardly anything on it packs smaller"
