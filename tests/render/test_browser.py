"""The page in a real browser: offline, silent, by keyboard, with the numbers of bands.csv.

Needs chromium and chromedriver; the accessibility check also the file axe.min.js, named by TWINTRADE_AXE.
"""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from twintrade.render.blocks import Figure, Table, list_exhibits
from twintrade.render.reading import list_records, list_specifications, select_events
from twintrade.text import numbers

WAIT = 15.0  # seconds for the driver to start or a download to arrive; generous, nothing is asserted about speed


class Browser:
    def __init__(self, port, downloads):
        self.root = f"http://127.0.0.1:{port}"
        options = {
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,900"],
            "prefs": {"download.default_directory": str(downloads)},
        }
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/session/{made['sessionId']}"

    def call(self, verb, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.root + path, data=data, method=verb, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())["value"]

    def run(self, script, *arguments):
        return self.call("POST", f"{self.session}/execute/sync", {"script": script, "args": list(arguments)})

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        keyboard = {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}
        self.call("POST", f"{self.session}/actions", keyboard)

    def log(self, kind):
        return self.call("POST", f"{self.session}/se/log", {"type": kind})


@pytest.fixture(scope="module")
def browser(report, tmp_path_factory):
    driver = shutil.which("chromedriver")
    if driver is None or shutil.which("chromium") is None:
        pytest.skip("chromium and chromedriver are not installed")
    folder = tmp_path_factory.mktemp("page")
    (folder / "appendix.html").write_bytes(report.files["appendix.html"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        opened = Browser(port, folder)
        opened.folder = folder
        opened.call("POST", f"{opened.session}/url", {"url": (folder / "appendix.html").as_uri()})
        yield opened
        opened.call("DELETE", opened.session)
    finally:
        process.terminate()
        process.wait(timeout=WAIT)


def _wait_for(port):
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.skip("chromedriver did not start")


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


def test_every_point_says_the_numbers_of_the_bands(browser, made):
    shown = sorted(list_specifications(made), key=lambda spec: not spec["is_headline"])  # as the view orders them
    for position, spec in enumerate(shown):
        browser.run(
            "const s = document.querySelector('.estimator'); s.value = arguments[0];"
            "s.dispatchEvent(new Event('change'))",
            str(position),
        )
        said = browser.run(
            "return [...document.querySelectorAll('.view g.point')].map(p => {"
            "p.focus(); return document.querySelector('.readout').textContent})"
        )
        rows = list_records(select_events(made, spec))
        assert len(said) == len(rows)
        for sentence, row in zip(said, rows, strict=True):
            assert sentence.startswith(f"Event time {row['event_label']}: ")
            if row["is_reference"]:
                assert "reference, zero by definition" in sentence
            else:
                effect, low, high = (write_percent(row[name]) for name in ("effect", "low", "high"))
                assert f" {effect} percent" in sentence
                assert f"{low} to {high}" in sentence


def write_percent(log_points):
    """Return an effect in log points as the view says it in percent."""
    return numbers.format_fixed(log_points if np.isinf(log_points) else 100 * np.expm1(log_points), 1)


def test_an_interval_without_an_end_reaches_the_edge_of_the_plot(browser):
    ends = browser.run(
        "const s = document.querySelector('.estimator'); s.value = '0'; s.dispatchEvent(new Event('change'));"
        "const points = [...document.querySelectorAll('.view g.point')];"
        "return points.map(p => p.querySelector('.range')).map(l => l ? Number(l.getAttribute('y1')) : null)"
    )
    assert ends[-1] == max(e for e in ends if e is not None) == 380 - 62
    said = browser.run(
        "[...document.querySelectorAll('.view g.point')].at(-1).focus();"
        "return document.querySelector('.readout').textContent"
    )
    assert "95% interval −∞ to " in said


def test_the_band_the_inference_lacks_is_said_to_be_absent(browser, made):
    said = browser.run(
        "const [e, i] = [document.querySelector('.estimator'), document.querySelector('.interval')];"
        "e.value = '0'; i.value = 'simultaneous'; i.dispatchEvent(new Event('change'));"
        "return document.querySelector('.readout').textContent"
    )
    assert "does not provide this interval" in said


def show_first(browser):
    """Show the first column behind the headline with pointwise intervals, whatever a test before left on the page."""
    browser.run(
        "const [e, i] = [document.querySelector('.estimator'), document.querySelector('.interval')];"
        "e.value = '1'; i.value = 'pointwise'; e.dispatchEvent(new Event('change'));"
        "i.dispatchEvent(new Event('change'))"
    )


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


def test_the_keyboard_walks_through_the_view(browser):
    show_first(browser)
    browser.run("document.querySelector('.interval').focus()")
    tab, right = "\ue004", "\ue014"
    browser.press(tab)
    assert browser.run("return document.activeElement.className") == "download"
    browser.press(tab)
    first = browser.run("return document.querySelector('.readout').textContent")
    assert first.startswith("Event time ≤ −5")
    browser.press(right, right)
    assert browser.run("return document.querySelector('.readout').textContent").startswith("Event time −3")


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

    def resize(width):
        command = {"cmd": "Emulation.setDeviceMetricsOverride",
                   "params": {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}}  # fmt: skip
        browser.call("POST", f"{browser.session}/goog/cdp/execute", command)

    resize(1300)
    browser.run("document.getElementById('claims-ledger').scrollIntoView()")
    time.sleep(0.2)
    assert look() == [True, True, "#claims-ledger"]
    resize(390)
    assert look()[1] is False
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    browser.call(
        "POST", f"{browser.session}/goog/cdp/execute", {"cmd": "Emulation.clearDeviceMetricsOverride", "params": {}}
    )


def test_the_download_holds_the_numbers_at_full_precision(browser, made):
    show_first(browser)
    browser.run("document.querySelector('.download').click()")
    file = browser.folder / "event-study.csv"
    end = time.monotonic() + WAIT
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.1)
    lines = Path(file).read_text().splitlines()
    frame = select_events(made, list_specifications(made)[0])
    assert lines[0].split(",")[:2] == ["event_time", "effect"]
    assert [float(line.split(",")[1]) for line in lines[1:]] == [float(v) for v in frame["effect"]]


def test_dark_pages_have_light_ink_and_print_leaves_out_what_paper_cannot_do(browser):
    def media(kind, scheme):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        command = {"cmd": "Emulation.setEmulatedMedia", "params": {"media": kind, "features": features}}
        browser.call("POST", f"{browser.session}/goog/cdp/execute", command)
        return browser.run(
            "const of = (s) => getComputedStyle(document.querySelector(s));"
            "return [of('body').backgroundColor, of('body').color, of('.view').display, of('nav').display,"
            " of('figure.picture img').backgroundColor, of('thead').display]"
        )

    light, dark, paper = media("screen", "light"), media("screen", "dark"), media("print", "light")
    media("", "light")
    assert light[:3] == ["rgb(255, 255, 255)", "rgb(11, 12, 12)", "block"]
    assert dark[:3] == ["rgb(21, 24, 27)", "rgb(240, 241, 242)", "block"]
    assert light[4] == dark[4] == "rgb(255, 255, 255)"  # a figure keeps its white ground
    assert paper[2:4] == ["none", "none"]
    assert paper[5] == "table-header-group"


def test_no_serious_accessibility_violation(browser):
    axe = os.environ.get("TWINTRADE_AXE", "")
    if not Path(axe).is_file():
        pytest.skip("TWINTRADE_AXE does not name axe.min.js")
    found = browser.call(
        "POST",
        f"{browser.session}/execute/async",
        {
            "script": Path(axe).read_text()
            + "; axe.run(document).then(r => arguments[0](r.violations.map(v => [v.id, v.impact, v.nodes.length,"
            " v.nodes[0].html])))",
            "args": [],
        },
    )
    assert [v for v in found if v[1] in ("serious", "critical")] == []
