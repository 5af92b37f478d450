"""The page in a real browser, from a file, without a network."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from markup import NASTY

import tooeasy
import tooeasy.report
from tooeasy.giveaways import Finding, Histograms, ImageName, Pictures, Place
from tooeasy.ladder import ClimbOptions
from tooeasy.report import render_page, study_dataset

pytestmark = [pytest.mark.browser]
if os.environ.get("TOOEASY_BROWSER") == "required":  # where these tests must not be left out by mistake
    import playwright.sync_api as playwright
else:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None and os.environ.get("TOOEASY_BROWSER") != "required":
    pytest.skip("needs Chromium: apt-get install chromium", allow_module_level=True)

FOLDER = Path(tooeasy.report.__file__).parent / "static"
QUICK = ClimbOptions(cache=False)
COLOUR_AT = """([row, column]) => {
  const map = document.querySelector("[data-view=map]");
  const copy = new OffscreenCanvas(28, 28).getContext("2d", { willReadFrequently: true });
  copy.imageSmoothingEnabled = false;
  copy.drawImage(map, 0, 0, 28, 28);
  return [...copy.getImageData(column, row, 1, 1).data];
}"""
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as runner:
        found = runner.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield found
        found.close()


@pytest.fixture
def opened(browser) -> Iterator[Opened]:
    """Open a page without a network; any request, message of the console or dialog fails the test."""
    contexts, complaints = [], []

    def open_page(path: Path, address: str = "", *, size=(1200, 900), **options: Any) -> Any:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, offline=True, accept_downloads=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: _note(complaints, request.url, path))
        page.goto(f"{path.as_uri()}{address}")
        ready(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _note(complaints: list[str], url: str, path: Path) -> None:
    if not url.startswith((path.as_uri(), "data:", "blob:")):
        complaints.append(url)


def ready(page) -> None:
    """Wait until every explorer can be used."""
    page.wait_for_function("[...document.querySelectorAll('[data-explorer]')].every((root) => root.dataset.ready)")


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Callable[..., Path]:
    """Write the page of some sources, up to a low rung."""

    def write(name: str, *sources: Any, up_to: str = "one-pixel") -> Path:
        path = tmp_path_factory.mktemp("pages") / f"{name}.html"
        chapters = [study_dataset(source, up_to=up_to, options=QUICK) for source in sources]
        path.write_text(render_page(chapters, "tooeasy report"), "utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def mnist(written) -> Path:
    return written("mnist", "mnist", up_to="mean-template")


@pytest.fixture(scope="module")
def nasty(written) -> Path:
    """Names that would run if they were not escaped, of the dataset too."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(NASTY)), 20)
    images = random.integers(0, 200, (len(labels), 5, 6), dtype=np.uint8)
    images[:, 2, 3] = 60 * labels
    return written("nasty", tooeasy.from_arrays((images, labels), classes=NASTY, name='"<b>it\'s</b>"'))


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Path:
    """An audit with all that it can show: places at the edge, bars, shades, pairs, names that would run."""
    corner = (Place(0, 0, 1, 1), Place(26, 26, 2, 2))
    images = np.random.default_rng(0).integers(0, 256, (8, 28, 28, 1)).astype(np.uint8)
    counts = np.arange(24 * 20).reshape(24, 20) * 7 % 9
    many = tuple(f"{NASTY[number % 4]} {number}" for number in range(24))
    bins = tuple(f"to {number}" for number in range(20))
    names = tuple(ImageName("test", row, NASTY[row % 4]) for row in range(9))
    pairs = tuple(f"train {row}, label {NASTY[row % 4]}" for row in range(8))
    findings = (
        Finding("constant-marker", NASTY[0], "error", NASTY[2], {}, 1, Pictures(images, pairs, corner), corner, names),
        Finding("file-names", NASTY[1], "warning", NASTY[3], exhibit=Histograms("x", bins, counts, many)),
        Finding("file-properties", "", "note", "few", exhibit=Histograms(NASTY[2], bins, counts[:2], many[:2])),
    )
    chapter = study_dataset("digits", up_to="nothing", options=QUICK)
    audit = dataclasses.replace(chapter.audit, findings=findings, skipped={NASTY[0]: NASTY[2]})
    path = tmp_path_factory.mktemp("pages") / "told.html"
    path.write_text(render_page([dataclasses.replace(chapter, audit=audit)], "tooeasy report"), "utf-8")
    return path


def test_marks_stand_where_their_places_are(opened, told):
    """In each picture a frame covers the place; none is cut off by what is around it."""
    page = opened(told)
    boxes = page.evaluate(
        """() => [...document.querySelectorAll(".picture")].map((one) => {
          const whole = one.querySelector("img").getBoundingClientRect();
          const mark = one.querySelectorAll(".place")[1].getBoundingClientRect();
          return [(mark.left - whole.left) / whole.width, mark.width / whole.width, mark.bottom - whole.bottom];
        })"""
    )
    assert len(boxes) == 8
    for left, width, below in boxes:
        assert (left, width) == (pytest.approx(26 / 28, abs=0.01), pytest.approx(2 / 28, abs=0.01))
        assert abs(below) < 1
    assert page.locator(".finding .severity").all_text_contents() == ["error", "warning", "note"]


def test_marks_are_saved_with_their_pictures(opened, told, tmp_path):
    """Two frames of each place in the SVG file: a dark one below the bright one."""
    page = opened(told)
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("constant-marker.* as SVG")).click()
    download.value.save_as(tmp_path / "saved.svg")
    text = (tmp_path / "saved.svg").read_text("utf-8")
    assert text.count("<image") == 8
    assert text.count("#ffd400") == 16


def shown(page, name: str) -> str:
    """What the first explorer shows somewhere."""
    return page.locator(f"[data-show={name}]").first.text_content()


def centre(page, row: int, column: int, view: str = "map", side: int = 28) -> dict[str, float]:
    """Middle of a pixel of the map, as a position within it."""
    box = page.locator(f"[data-view={view}]").first.bounding_box()
    return {"x": (column + 0.5) / side * box["width"], "y": (row + 0.5) / side * box["height"]}


def expected(rule: str, a: str, b: str) -> dict[str, str]:
    """The numbers of ``tooeasy pixels mnist --json``, as the page writes them."""
    study = tooeasy.study_pixels("mnist", rule=rule)
    pair = study.pair(a, b).to_dict()
    low, high = pair["test_interval"]
    return {
        "where": f"row {pair['row']}, column {pair['column']}",
        "test": f"{pair['test_accuracy']:.1%}",
        "interval": f"{100 * low:.1f} to {100 * high:.1f}",
        "train": f"{pair['train_accuracy']:.1%}",
        "majority": f"{pair['majority']:.1%}",
        "information": f"{pair['mutual_information_bits']:.3f} bits",
    }


def check(page, numbers: dict[str, str]) -> None:
    assert {name: shown(page, name) for name in numbers} == numbers


def test_a_pair_of_the_matrix_shows_its_map(opened, mnist):
    """Clicking 3-5: its map, its best pixel, the numbers of ``tooeasy pixels --json``."""
    page = opened(mnist, size=(1200, 2400))
    page.get_by_role("link", name="0 and 1: ").click()
    assert shown(page, "first") == "0"
    page.get_by_role("link", name="3 and 5: ").click()
    assert (shown(page, "first"), shown(page, "second")) == ("3", "5")
    assert shown(page, "best") == "the best pixel"
    check(page, expected("lookup", "3", "5"))


@pytest.mark.parametrize("rule", ["lookup", "threshold", "logistic"])
def test_the_best_pixel_says_what_the_command_says(opened, mnist, rule):
    """For each rule, pointed at with the mouse."""
    page = opened(mnist, "#pair=4-9")
    page.get_by_label("rule").select_option(rule)
    numbers = expected(rule, "4", "9")
    row, column = map(int, re.findall(r"\d+", numbers["where"]))
    page.locator("[data-view=map]").first.hover(position=centre(page, 0, 0))
    assert shown(page, "where") == "row 0, column 0"
    page.locator("[data-view=map]").first.hover(position=centre(page, row, column))
    check(page, numbers)
    learned = tooeasy.study_pixels("mnist", rule=rule).pair("4", "9").rule
    if rule == "threshold":
        names = ("4", "9")
        below, above = (names[learned.parameters[side]] for side in ("below", "above"))
        assert shown(page, "rule") == f"{below} up to level {learned.parameters['threshold']}, {above} above"


def test_halfway_between_two_numbers_it_rounds_as_the_command_does(opened, written):
    """61 of 80 held-out images are 76.25%: 76.2% here as there."""
    labels = np.repeat([0, 1], 40)
    images = np.zeros((80, 2, 2), np.uint8)
    images[:, 0, 0] = 200 * labels
    wrong = images.copy()
    wrong[:19, 0, 0] = 200
    page = opened(written("half", tooeasy.from_arrays((images, labels), (wrong, labels))))
    assert shown(page, "test") == f"{61 / 80:.1%}" == "76.2%"


def test_all_fractions_are_rounded_as_the_command_does(opened, mnist):
    """Of 2,000 held-out images any number right."""
    page = opened(mnist)
    script = (FOLDER / "explorer.js").read_text("utf-8")
    rounding = re.search(r"  const fixed = .*?\n  };\n  const percent = [^\n]*\n", script, re.DOTALL)[0]
    found = page.evaluate(f"() => {{ {rounding} return Array.from({{ length: 2001 }}, (_, k) => percent(k / 2000)); }}")
    assert found == [f"{k / 2000:.1%}" for k in range(2001)]


def test_a_class_without_held_out_images_is_not_scored(opened, written):
    """Neither in the numbers nor in the table; the baseline is of the training images."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 20)
    images = random.integers(0, 99, (60, 4, 4), dtype=np.uint8)
    data = tooeasy.from_arrays((images, labels), (images[:40], labels[:40]), classes=["a", "b", "c"])
    page = opened(written("unscored", data), "#pair=a-c")
    assert (shown(page, "test"), shown(page, "majority")) == ("–", "50.0%")  # noqa: RUF001
    assert "test" not in page.locator("[data-view=table]").text_content()


def test_in_a_notebooks_frame_links_stay_in_the_page(browser, mnist, tmp_path):
    """A click in the matrix leads to its pair, not to the notebook; a click on the map complains of nothing."""
    report = tooeasy.write_report("digits", tmp_path / "r.html", up_to="nothing", options=QUICK)
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><h1>notebook</h1>{report._repr_html_()}", "utf-8")
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((tmp_path / "notebook.html").as_uri())
    frame = page.frame_locator("iframe")
    frame.get_by_role("link", name="3 and 5: ").click()
    frame.locator("[data-view=map]").click(position={"x": 5, "y": 5})
    assert frame.locator("[data-show=first]").text_content() == "3"
    assert frame.locator("[data-show=where]").text_content() == "row 0, column 0"
    frame.get_by_role("link", name="The data").click()
    assert frame.locator("section#facts").count() == 1
    page.close()
    assert complaints == []


def test_without_scripts_the_page_can_be_read(browser, mnist):
    """The explorer says what it takes, and has no dead controls."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(mnist.as_uri())
    page.get_by_text("Exploring pixels takes JavaScript").wait_for()
    assert not page.locator(".explorer select").first.is_visible()
    assert page.locator(".pairs-matrix figcaption").is_visible()
    context.close()


def test_the_map_is_as_bright_as_its_accuracy(opened, mnist):
    """The colour of the canvas at some pixels is viridis at the training accuracy."""
    page = opened(mnist, "#pair=0-1")
    accuracy = tooeasy.study_pixels("mnist").map("0", "1").train_accuracy[..., 0]
    colours = page.evaluate("JSON.parse(document.querySelector('[data-explorer] script').textContent).colours")
    for row, column in ((0, 0), (10, 10), (14, 8), (20, 20)):
        shade = colours[round(max(2 * accuracy[row, column] - 1, 0) * 63)]
        found = page.evaluate(
            COLOUR_AT,
            [row, column],
        )
        assert found[:3] == [int(shade[at : at + 2], 16) for at in (1, 3, 5)]


def test_all_of_it_by_keyboard(opened, mnist):
    """Enter on a cell, arrows on the map, Home to the best pixel; what is told is announced."""
    page = opened(mnist, size=(1200, 2400))
    page.get_by_role("link", name="3 and 5: ").focus()
    page.keyboard.press("Enter")
    assert shown(page, "first") == "3"
    map_view = page.get_by_role("application")
    for _ in range(60):
        page.keyboard.press("Tab")
        if map_view.evaluate("(map) => map === document.activeElement"):
            break
    else:
        pytest.fail("Tab does not come to the map")
    best = shown(page, "where")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    row, column = map(int, re.findall(r"\d+", best))
    assert shown(page, "where") == f"row {row + 1}, column {column - 1}"
    assert shown(page, "told").startswith(f"row {row + 1}, column {column - 1}: test accuracy ")
    assert page.url.endswith(f"#pair=3-5&pixel={row + 1},{column - 1}")
    page.keyboard.press("Home")
    assert shown(page, "where") == best


def test_an_address_leads_back(opened, mnist):
    """On loading, and when it changes; nonsense in it does nothing."""
    page = opened(mnist, "#pair=3-5&pixel=11,16&rule=threshold")
    assert (shown(page, "where"), page.get_by_label("rule").input_value()) == ("row 11, column 16", "threshold")
    page.evaluate("location.hash = '#pair=1-7&pixel=5,6'")
    page.wait_for_function("document.querySelector('[data-show=first]').textContent === '1'")
    assert shown(page, "where") == "row 5, column 6"
    for nonsense in ("#pair=3-nobody", "#pair=%E0%A4%A-5", "#pair=&pixel=x", "#ladder"):
        page.evaluate(
            """(address) => new Promise((done) => {
              addEventListener("hashchange", () => setTimeout(done), { once: true });
              location.hash = address;
            })""",
            nonsense,
        )
        assert shown(page, "where") == "row 5, column 6"
    page.evaluate("location.hash = '#pair=3-5&pixel=99,1'")
    page.wait_for_function("document.querySelector('[data-show=best]').textContent === 'the best pixel'")


def test_faint_pixels_fade(opened, mnist):
    """Below the chosen accuracy the mean of the classes shows; above, the map stays."""
    page = opened(mnist, "#pair=3-5")
    dark = page.evaluate(COLOUR_AT, [0, 0])[:3]
    bright = page.evaluate(COLOUR_AT, [6, 9])[:3]
    page.get_by_label("fade below").fill("60")
    assert page.evaluate(COLOUR_AT, [0, 0])[:3] == [0, 0, 0] != dark  # no digit has ink in the corner
    assert page.evaluate(COLOUR_AT, [6, 9])[:3] == bright


def test_stretched_colours_span_the_map(opened, mnist):
    """From the map's lowest accuracy, dark, to its highest, bright; the numbers stay."""
    page = opened(mnist, "#pair=3-5")
    accuracy = tooeasy.study_pixels("mnist").map("3", "5").train_accuracy
    told = shown(page, "train")
    page.get_by_label("stretch the colours").check()
    assert (shown(page, "low"), shown(page, "high")) == (f"{accuracy.min():.0%}", f"{accuracy.max():.0%}")
    assert page.evaluate(COLOUR_AT, [0, 0])[:3] == [68, 1, 84]  # viridis begins here
    assert shown(page, "train") == told


def test_a_touch_chooses_a_pixel(opened, mnist):
    """A tap on the map."""
    page = opened(mnist, "#pair=3-5", size=(390, 800), has_touch=True)
    page.locator("[data-view=map]").first.tap(position=centre(page, 7, 9))
    assert shown(page, "where") == "row 7, column 9"
    assert page.url.endswith("pixel=7,9")


def test_names_do_nothing(opened, nasty):
    """Class names that are markup, quotes and hyphens are only names, and can be linked to."""
    page = opened(nasty, size=(1200, 2400))
    for number in range(1, len(NASTY)):
        page.get_by_role("link", name=f"{NASTY[0]} and {NASTY[number]}: ").click()
        assert shown(page, "second") == NASTY[number]
        page.reload()
        ready(page)
        assert shown(page, "second") == NASTY[number]
    assert page.locator("body b:not([data-show])").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_serious(opened, nasty, mnist, told, scheme, width):
    """With all tables open, of plain and of nasty names: no serious or critical finding."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe()
    for path in (mnist, nasty, told):
        page = opened(path, size=(width, 900), color_scheme=scheme, bypass_csp=True)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        violations = axe.run(page).response["violations"]
        serious = [
            (found["id"], [node["html"][:120] for node in found["nodes"][:3]])
            for found in violations
            if found["impact"] in ("serious", "critical")
        ]
        assert serious == []


@pytest.mark.parametrize("width", [360, 800, 3840])
def test_the_page_never_scrolls_sideways(opened, mnist, nasty, told, width):
    """From a telephone to 4K, with all tables open."""
    for path in (mnist, nasty, told):
        page = opened(path, size=(width, 900))
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_is_dark_where_the_system_is(opened, mnist):
    """Paper and ink change places."""
    brightness = "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    light = opened(mnist, color_scheme="light").evaluate(brightness)
    dark = opened(mnist, color_scheme="dark").evaluate(brightness)
    assert min(light) > 230
    assert max(dark) < 60


def test_figures_are_saved_as_svg(opened, mnist, tmp_path):
    """Every figure has a button, and gives a file that can be read and holds what it shows."""
    page = opened(mnist)
    buttons = page.get_by_role("button", name=re.compile("^Save .* as SVG"))
    assert buttons.count() == page.locator("figure[data-name]").count() > 6
    for index in range(buttons.count()):
        with page.expect_download() as download:
            buttons.nth(index).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        image = path.read_text("utf-8")
        assert path.suffix == ".svg"
        assert image.startswith("<svg")
        assert "var(" not in image
        assert image.count("<image") + image.count("<text") > 1
        picture = opened(path_of_svg(path, tmp_path))
        assert picture.evaluate("document.images[0].naturalWidth") > 100


def path_of_svg(svg: Path, folder: Path) -> Path:
    """A page that shows an SVG file as a picture, which fails if the file is not well formed."""
    page = folder / f"{svg.stem}.html"
    uri = base64.b64encode(svg.read_bytes()).decode()
    page.write_text(f"<!DOCTYPE html><img src='data:image/svg+xml;base64,{uri}'>", "utf-8")
    return page


def test_several_datasets_have_explorers_of_their_own(opened, written):
    """A link names its dataset; the other explorer stays where it is."""
    page = opened(written("two", "digits", "mnist"), "#set=mnist&pair=3-5&pixel=11,16", size=(1400, 900))
    assert page.locator("[data-show=where]").nth(1).text_content() == "row 11, column 16"
    assert page.locator("[data-show=where]").nth(0).text_content() != "row 11, column 16"
    page.locator("[data-view=map]").nth(1).focus()
    page.keyboard.press("ArrowUp")
    assert page.url.endswith("#set=mnist&pair=3-5&pixel=10,16")


def test_a_sketch_alone_can_be_explored(opened, written):
    """It has training accuracies, and says so."""
    page = opened(written("alone", tooeasy.load("digits").train.sketch()))
    assert shown(page, "told").split(": ")[1].startswith("train accuracy ")
    assert not page.get_by_text("test accuracy", exact=True).first.is_visible()


def test_many_classes_are_lists(opened, written):
    """26 classes have no matrix; listed pairs lead to the explorer, which says which pairs it has."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(26), 12)
    images = 20 * random.integers(0, 9, (len(labels), 30, 30), dtype=np.uint8)
    page = opened(written("many", (images, labels)), size=(360, 2000))
    assert page.get_by_text(" of 325 pairs are in this page: the ").is_visible()
    link = page.locator("table.pairs a").nth(3)
    link.click()
    assert f"{shown(page, 'first')} and {shown(page, 'second')}: " in link.get_attribute("aria-label")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_colour_images_have_channels(opened, written):
    """The best channel of each place, or one of them."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(2), 30)
    images = 50 * random.integers(0, 3, (60, 4, 4, 3), dtype=np.uint8)
    images[:, 1, 2, 1] = 200 * labels
    page = opened(written("colour", (images, labels)))
    assert shown(page, "where") == "row 1, column 2, channel 1"
    page.get_by_label("channel").select_option("0")
    page.locator("[data-view=map]").first.hover(position=centre(page, 1, 2, side=4))
    assert shown(page, "where") == "row 1, column 2, channel 0"
    data = json.loads(page.locator("[data-explorer] script").text_content())
    assert data["shape"] == [4, 4, 3]
