"""The page in a real browser: offline, silent, by keyboard."""

import json
import time

import pytest

from tests.render.browser import WAIT, open_browser
from twintrade.render.blocks import Figure, Table, list_exhibits


@pytest.fixture(scope="module")
def browser(report, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    (folder / "appendix.html").write_bytes(report.files["appendix.html"])
    with open_browser(folder) as opened:
        opened.open((folder / "appendix.html").as_uri())
        yield opened


def test_opens_from_disk_without_a_request_or_a_console_error(browser):
    addresses = [
        message["params"]["request"]["url"]
        for entry in browser.log("performance")
        for message in [json.loads(entry["message"])["message"]]
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert addresses
    assert all(address.startswith(("file:", "data:", "blob:")) for address in addresses)
    assert [entry for entry in browser.log("browser") if entry["level"] == "SEVERE"] == []


def test_a_number_says_where_it_stands_by_click_and_by_key(browser):
    cell = """const cell = document.querySelector('td[data-of^="bands.csv"]');"""
    panel = "const panel = document.getElementById('source');"
    key = browser.run(f"{cell} cell.click(); return cell.dataset.of.split(' ')[0]")
    file, row, column = key.split(":")[:3]
    place = f"{file}, row {row}, column {column}. Look it up: twintrade trace made {key}"
    assert place in browser.run(f"{panel} return panel.textContent")
    escape, right, enter = "\ue00c", "\ue014", "\ue007"
    browser.run(f"{cell} cell.closest('table').querySelector('[data-of][tabindex=\"0\"]').focus()")
    browser.press(escape)
    assert browser.run(f"{panel} return panel.hidden")
    first = browser.run("return document.activeElement.dataset.of")
    browser.press(right, enter)
    second = browser.run("return document.activeElement.dataset.of")
    assert second != first
    assert f"twintrade trace made {second.split()[0]}" in browser.run(f"{panel} return panel.textContent")


def test_a_head_sorts_by_key_and_gives_back_the_first_order(browser):
    column = "[...document.querySelectorAll('#status tbody tr')].map(r => r.cells[2].innerText.trim())"
    head = "document.querySelectorAll('#status thead tr:last-child > *')[2]"
    first = browser.run(f"return {column}")
    orders = []
    browser.run(f"{head}.querySelector('button').focus()")
    for _ in range(3):
        browser.press("\ue007")
        orders.append((browser.run(f"return {head}.getAttribute('aria-sort')"), browser.run(f"return {column}")))
    known = sorted((text for text in first if text), key=lambda text: float(text.replace("−", "-")))
    blank = [""] * (len(first) - len(known))
    assert orders == [("ascending", [*known, *blank]), ("descending", [*known[::-1], *blank]), (None, first)]
    assert len(set(known)) > 2
    assert not browser.run("return document.querySelector('table.ordered button.sort')")


def test_a_table_is_copied_as_it_is_read(browser, report):
    browser.run(
        "window.copied = ''; document.execCommand = () => { copied = document.activeElement.value };"
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.reject()}});"
        "document.querySelector('#ladder button.copy').click()"
    )
    end = time.monotonic() + WAIT
    while not (copied := browser.run("return copied")) and time.monotonic() < end:
        time.sleep(0.05)
    lines = [line.split("\t") for line in copied.splitlines()]
    table = next(b for b in report.document.blocks if isinstance(b, Table) and b.key == "ladder")
    assert lines == [
        [" ".join(c.text.split()) for c in cells] for cells in (*table.header, *(r.cells for r in table.rows))
    ]
    assert browser.run("return document.querySelector('#ladder button.copy').textContent") == "Copied"


def test_points_of_a_picture_speak_to_pointer_and_keys(browser, report):
    pictures = browser.run(
        "return [...document.querySelectorAll('svg.points')].map(s => [s.closest('figure').id,"
        "[...s.querySelectorAll('g')].map(p => p.getAttribute('aria-label'))])"
    )
    named = [(f.key, [p.text for p in f.images.points]) for f in list_exhibits(report.document.blocks)
             if isinstance(f, Figure) and f.images.points]  # fmt: skip
    assert [tuple(picture) for picture in pictures] == named
    tip = "document.querySelector('.tip')"
    browser.run("document.querySelector('svg.points g').focus()")
    assert browser.run(f"return {tip}.textContent") == named[0][1][0]
    browser.press("\ue014")
    assert browser.run(f"return {tip}.textContent") == named[0][1][1]
    browser.press("\ue010")
    assert browser.run(f"return {tip}.textContent") == named[0][1][-1]
    browser.press("\ue00c")
    assert browser.run(f"return {tip}.hidden")
    shown = browser.run(
        "const svg = document.querySelector('svg.points'), at = svg.querySelectorAll('g')[2].getBoundingClientRect();"
        "svg.dispatchEvent(new PointerEvent('pointermove', {clientX: at.x + at.width / 2, clientY: at.y + 2}));"
        f"return [{tip}.hidden, {tip}.textContent]"
    )
    assert shown == [False, named[0][1][2]]


def test_contents_stay_in_sight_and_mark_what_is_read(browser):
    def look():
        return browser.run(
            "const nav = document.querySelector('nav').getBoundingClientRect();"
            "return [nav.top >= 0 && nav.left >= 0 && nav.bottom <= innerHeight,"
            " document.querySelector('main').getBoundingClientRect().left > nav.right,"
            " document.querySelector('nav [aria-current]')?.getAttribute('href')]"
        )

    browser.look_as(1300, "light")
    browser.run("document.getElementById('claims-ledger').scrollIntoView()")
    time.sleep(0.2)
    assert look() == [True, True, "#claims-ledger"]
    browser.look_as(390, "light")
    assert look()[1] is False
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    browser.look_as_usual()


def test_dark_pages_have_light_ink_and_print_leaves_out_what_paper_cannot_do(browser):
    def media(kind, scheme):
        browser.look_as(1100, scheme, kind)
        return browser.run(
            "const of = (s) => getComputedStyle(document.querySelector(s));"
            "return [of('body').backgroundColor, of('body').color, of('.view').display, of('nav').display,"
            " of('figure.picture img').backgroundColor, of('thead').display]"
        )

    light, dark, paper = media("screen", "light"), media("screen", "dark"), media("print", "light")
    browser.look_as_usual()
    assert light[:3] == ["rgb(255, 255, 255)", "rgb(11, 12, 12)", "block"]
    assert dark[:3] == ["rgb(21, 24, 27)", "rgb(240, 241, 242)", "block"]
    assert light[4] == dark[4] == "rgb(255, 255, 255)"  # a figure keeps its white ground
    assert paper[2:4] == ["none", "none"]
    assert paper[5] == "table-header-group"
