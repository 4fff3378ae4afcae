"""Media in a browser: pictures of the right step, masks, boxes, tables, and pages that reach nothing.

The tests of this file are one visit to the charts of one run, in the order in which they stand here.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.browser.chromium import browser_page
from tests.browser.logged_media import COLORS, GREY, ROWS, SEVERAL, TRAINING, WAITING
from tests.support.processes import ServerProcess, run_script, script, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where scripts run."""
    directory = tmp_path_factory.mktemp("work")
    run_script(TRAINING, directory)
    return directory


@pytest.fixture(scope="module")
def url(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ServerProcess(tmp_path_factory.mktemp("ui"), ("ui", directory / "stepwell", "--no-browser")) as server:
        yield server.url


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    return []


@pytest.fixture(scope="module")
def page(url: str, complaints: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser_page(tmp_path_factory.mktemp("profile"), complaints) as page:
        page.goto(f"{url}/local/media/runs/gallery/charts")
        yield page


def card(page: Page, key: str) -> Locator:
    found = page.locator(f'[data-testid="media-card"][data-key="{key}"]')
    found.scroll_into_view_if_needed()
    return found


def pixels(frame: Locator) -> Image.Image:
    """Return what is on the screen where a picture is shown."""
    return Image.open(io.BytesIO(frame.screenshot(animations="disabled"))).convert("RGB")


def at(picture: Image.Image, x: float, y: float) -> tuple[int, int, int]:
    """Return the colour at shares of the width and height."""
    red, green, blue = picture.getpixel((int(picture.width * x), int(picture.height * y)))  # type: ignore[misc]
    return red, green, blue


def shown(card: Locator) -> Image.Image:
    expect(card.locator("img[data-loaded=true]").first).to_be_visible()
    return pixels(card.locator(".tile-frame").first)


def wait_for_color(card: Locator, color: tuple[int, int, int]) -> None:
    wait_until(f"{color} is shown", lambda: at(shown(card), 0.5, 0.5) == color)


def test_the_slider_shows_the_picture_of_each_step_and_stops_nowhere_else(page: Page):
    picture = card(page, "picture")
    slider = picture.get_by_role("slider", name="Step of picture")
    expect(picture.get_by_test_id("step-bar")).to_have_attribute("data-step", "40")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("0", str(len(COLORS) - 1))
    wait_for_color(picture, COLORS[40])
    for index, (step, color) in enumerate(COLORS.items()):
        slider.fill(str(index))
        expect(picture.get_by_test_id("step-bar")).to_have_attribute("data-step", str(step))
        wait_for_color(picture, color)
        expect(picture.get_by_role("img", name=f"at {step}")).to_be_visible()


def test_the_arrow_keys_move_the_step_and_a_reload_keeps_it(page: Page):
    picture = card(page, "picture")
    picture.locator(".tile-frame").hover()
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("ArrowLeft")
    wait_for_color(picture, COLORS[10])
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    wait_for_color(picture, COLORS[0])
    page.keyboard.press("ArrowRight")
    wait_for_color(picture, COLORS[10])
    page.wait_for_url("**step=10**")
    page.reload()
    wait_for_color(card(page, "picture"), COLORS[10])


def test_a_panel_that_is_let_off_moves_alone(page: Page):
    picture = card(page, "picture")
    link = picture.get_by_role("button", name="Move with the other media")
    link.click()
    picture.get_by_role("slider", name="Step of picture").fill("2")
    wait_for_color(picture, COLORS[40])
    assert "step=10" in page.url
    link.click()
    wait_for_color(picture, COLORS[10])


def test_a_picture_is_shown_alone_and_full_screen(page: Page):
    pair = card(page, "pair")
    expect(pair.get_by_test_id("tile")).to_have_count(2)
    pair.get_by_role("button", name="Show right alone").click()
    expect(pair.get_by_test_id("tile")).to_have_count(1)
    wait_for_color(pair, (255, 255, 255))
    small = pixels(pair.locator(".tile-frame")).width
    pair.get_by_role("button", name="Show pair full screen").click()
    wait_until("it is larger", lambda: shown(pair).width > small)
    page.keyboard.press("Escape")
    expect(pair.get_by_test_id("tile")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(pair.get_by_role("button", name="Show pair full screen")).to_have_count(1)


def test_switching_a_class_of_a_mask_changes_its_pixels_and_no_others(page: Page):
    overlaid = card(page, "overlaid")
    wait_until("the mask lies on the left half", lambda: at(shown(overlaid), 0.25, 0.5) != GREY)
    tinted = at(shown(overlaid), 0.25, 0.5)
    assert at(shown(overlaid), 0.52, 0.95) == GREY
    assert at(shown(overlaid), 0.48, 0.95) == tinted, "the mask ends where it was logged to end"
    road = overlaid.get_by_role("button", name="road")
    road.click()
    expect(road).to_have_attribute("aria-pressed", "false")
    wait_until("the mask is gone", lambda: at(shown(overlaid), 0.25, 0.5) == GREY)
    road.click()
    overlaid.get_by_role("slider", name="opacity").fill("1")
    weak = distance(tinted, GREY)
    wait_until("the mask covers the picture", lambda: distance(at(shown(overlaid), 0.25, 0.5), GREY) > 1.5 * weak)
    overlaid.get_by_role("button", name="truth", exact=True).click()
    wait_until("the whole set is gone", lambda: at(shown(overlaid), 0.25, 0.5) == GREY)


def distance(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    return sum(abs(one - other) for one, other in zip(a, b, strict=True))


def painted(card: Locator, region: tuple[float, float, float, float]) -> tuple[float, float, float, float] | None:
    """Return the extent of what is not grey within a region: left, top, right, bottom, as shares."""
    picture = shown(card)
    left, top, right, bottom = (
        int(share * (picture.width if i % 2 == 0 else picture.height)) for i, share in enumerate(region)
    )
    part = picture.crop((left, top, right, bottom))
    extent = part.point(lambda value: 0 if abs(value - GREY[0]) < 12 else 255).convert("L").getbbox()
    if extent is None:
        return None
    return (
        (left + extent[0]) / picture.width,
        (top + extent[1]) / picture.height,
        (left + extent[2]) / picture.width,
        (top + extent[3]) / picture.height,
    )


def test_boxes_of_both_forms_and_domains_lie_where_they_were_logged(page: Page):
    overlaid = card(page, "overlaid")
    # Half a line, and the pixel that it may lie across.
    near = 2.5 / shown(overlaid).width
    dog = painted(overlaid, (0.55, 0.5, 1, 1))
    assert dog is not None
    assert (dog[0], dog[2], dog[3]) == pytest.approx((0.6, 0.8, 0.85), abs=near), "middle, width and height, in pixels"
    beside_label = painted(overlaid, (0.75, 0.5, 1, 1))
    assert beside_label is not None
    assert beside_label[1] == pytest.approx(0.55, abs=near)
    overlaid.get_by_role("button", name="dog").click()
    wait_until("one box is gone", lambda: painted(overlaid, (0.55, 0.5, 1, 1)) is None)
    cat = painted(overlaid, (0.55, 0.11, 1, 0.5))
    assert cat is not None
    assert (cat[0], cat[2], cat[3]) == pytest.approx((0.6, 0.8, 0.4), abs=near), "corners, in shares of the picture"
    overlaid.get_by_role("button", name="dog").click()


def test_a_box_below_the_least_score_is_left_out(page: Page):
    overlaid = card(page, "overlaid")
    wait_until("both boxes are shown", lambda: painted(overlaid, (0.55, 0.5, 1, 1)) is not None)
    overlaid.get_by_role("slider", name="sure").fill("0.55")
    wait_until("the unsure one is gone", lambda: painted(overlaid, (0.55, 0.5, 1, 1)) is None)
    assert painted(overlaid, (0.55, 0.11, 1, 0.5)) is not None
    overlaid.get_by_role("button", name="found", exact=True).click()
    wait_until("the set is gone", lambda: painted(overlaid, (0.55, 0, 1, 1)) is None)


def test_a_table_is_sorted_and_searched_and_draws_what_is_in_view(page: Page):
    table = card(page, "table")
    rows = table.locator("tbody tr[data-row]")
    first = rows.first.locator("td")
    expect(first.first).to_have_text("0")
    assert rows.count() < 100
    expect(table.get_by_test_id("table-count")).to_have_text(f"{ROWS:,} rows")
    expect(table.get_by_role("img")).to_have_count(3)
    table.get_by_role("button", name="score").click()
    expect(table.get_by_role("columnheader", name="score")).to_have_attribute("aria-sort", "ascending")
    expect(first.nth(1)).to_have_text("0")
    expect(rows.nth(1).locator("td").nth(1)).to_have_text("1")
    table.get_by_role("button", name="score").click()
    expect(first.nth(1)).to_have_text(str(ROWS - 1))
    scrolled = table.get_by_role("region", name="Table table")
    scrolled.evaluate("element => element.scrollTo(0, element.scrollHeight)")
    expect(rows.last.locator("td").nth(1)).to_have_text("NaN")
    assert rows.count() < 100
    table.get_by_role("searchbox").fill("12345")
    expect(table.get_by_test_id("table-count")).to_have_text(f"2 of {ROWS:,} rows")
    assert {rows.nth(i).locator("td").first.inner_text() for i in range(2)} == {
        str(n) for n in range(ROWS) if n == 12345 or (n * 7919) % ROWS == 12345
    }


def test_sounds_and_films_have_their_files_and_can_be_played(page: Page):
    for key, tag, folder in (("sound", "audio", "media/audio/"), ("film", "video", "media/videos/")):
        player = card(page, key).locator(tag)
        assert f"path={folder.replace('/', '%2F')}" in (player.get_attribute("src") or "")
        wait_until(f"the length of {key} is known", lambda player=player: player.evaluate("one => one.readyState >= 1"))
        length = player.evaluate("one => one.duration")
        assert length == pytest.approx({"sound": 0.5, "film": 1.0}[key], abs=0.01)
    assert card(page, "film").locator("video").evaluate("one => [one.videoWidth, one.videoHeight]") == [64, 32]
    animation = card(page, "animation").get_by_role("img")
    wait_until("the animation is loaded", lambda: animation.evaluate("one => one.naturalWidth") == 24)


def test_a_page_runs_its_script_and_reaches_nothing(page: Page):
    frame: FrameLocator = card(page, "page").frame_locator("iframe")
    expect(frame.locator("#ran")).to_have_text("yes")
    expect(frame.locator("#reached")).to_contain_text('"end":true')
    reached = json.loads(frame.locator("#reached").inner_text())
    assert reached.pop("end") is True
    assert set(reached) == {"cookies", "storage", "parent", "top", "fetch", "beacon"}
    assert not any(reached.values()), reached
    element = card(page, "page").locator("iframe")
    assert element.get_attribute("sandbox") == "allow-scripts"
    assert element.get_attribute("srcdoc") is None
    link = card(page, "page").get_by_role("link", name="open")
    assert link.get_attribute("href") == element.get_attribute("src")


def test_what_is_not_drawn_yet_is_named_and_offered_as_a_file(page: Page):
    chart = card(page, "roc")
    expect(chart).to_contain_text("wandb/area-under-curve/v0")
    with page.expect_download() as download:
        chart.get_by_role("link", name="Save file").click()
    columns = json.loads(Path(download.value.path()).read_text())["columns"]
    assert columns == ["class", "fpr", "tpr"]


def test_an_array_of_the_summary_is_told_by_its_statistics(page: Page, url: str):
    page.goto(f"{url}/local/media/runs/gallery/overview")
    row = page.get_by_test_id("summary-table").locator('tr[data-key="embedding"]')
    expect(row).to_contain_text("float32 [1000], mean ")
    expect(row).to_contain_text("min −1, max 1")


def test_a_file_on_its_way_is_waited_for(page: Page, url: str, complaints: list[str]):
    before = len(complaints)
    late = {"error": {"code": "unavailable", "message": "the file is still with its writer"}}
    page.route("**/api/v1/file?**", lambda route: route.fulfill(status=503, json=late))
    page.goto(f"{url}/local/media/runs/gallery/charts?q=^(picture|table|page|film|sound)$")
    for key in ("picture", "table", "page", "film", "sound"):
        expect(card(page, key)).to_contain_text("Still on its way.")
    page.unroute("**/api/v1/file?**")
    wait_for_color(card(page, "picture"), COLORS[40])
    expect(card(page, "table").locator("tbody tr[data-row]").first).to_be_visible()
    expect(card(page, "sound").locator("audio")).to_be_visible()
    del complaints[before:]  # the browser itself reports each 503


def test_runs_stand_beside_each_other_with_what_each_logged_last(page: Page, url: str):
    page.goto(f"{url}/local/several")
    picture = card(page, "picture")
    slider = picture.get_by_role("slider", name="Step of picture")

    def colors() -> dict[str, tuple[int, int, int]]:
        found = {}
        for name in SEVERAL:
            column = picture.locator(f'[data-run="{name}"]')
            expect(column.locator("img[data-loaded=true]")).to_be_visible()
            found[name] = at(pixels(column.locator(".tile-frame")), 0.5, 0.5)
        return found

    # Before its first step a run shows its first picture.
    for index, shown_steps in enumerate([{"early": 0, "late": 3}, {"early": 3, "late": 3}, {"early": 3, "late": 8}]):
        slider.fill(str(index))
        expected = {name: SEVERAL[name][step] for name, step in shown_steps.items()}
        wait_until(f"{expected} is shown", lambda expected=expected: colors() == expected)
    assert slider.get_attribute("max") == "2", "steps 0, 3 and 8"
    expect(picture.locator('[data-run="early"]')).to_contain_text("3")


def test_the_step_is_marked_on_the_charts(page: Page):
    line = page.locator('[data-testid="chart-card"][data-key="loss"] .cursor-line')
    card(page, "picture").get_by_role("slider", name="Step of picture").fill("1")
    expect(line).to_be_visible()
    plot = page.locator('[data-testid="chart-card"][data-key="loss"] .u-over')
    (place, within) = (line.bounding_box(), plot.bounding_box())
    assert place is not None
    assert within is not None
    share = (place["x"] - within["x"]) / within["width"]
    assert share == pytest.approx(3 / 9, abs=0.02), "step 3 of 0 to 9"


def test_a_picture_logged_now_appears_without_a_reload(page: Page, url: str, directory: Path):
    with script(WAITING, directory) as process:
        wait_until("the run is known", lambda: "live" in page.request.get(f"{url}/api/v1/projects").text())
        page.goto(f"{url}/local/live")
        wait_for_color(card(page, "picture"), (50, 50, 50))
        (directory / "go").touch()
        wait_for_color(card(page, "picture"), (220, 220, 220))
        expect(card(page, "picture").get_by_test_id("step-bar")).to_have_attribute("data-step", "5")
        assert process.wait().code == 0


def test_the_console_has_no_errors(complaints: list[str]):
    # Each attempt of the logged page is one for the browser.
    assert [one for one in complaints if "media%2Fhtml%2Fpage" not in one] == []
