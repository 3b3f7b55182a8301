"""A real browser for tests of the page: offline, driven over its own protocol.

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
from contextlib import contextmanager
from pathlib import Path

import pytest

WAIT = 15.0  # seconds for the driver to start or a download to arrive; generous, nothing is asserted about speed
SIZES = [(width, scheme) for width in (390, 1280) for scheme in ("light", "dark")]


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

    def command(self, name, **parameters):
        self.call("POST", f"{self.session}/goog/cdp/execute", {"cmd": name, "params": parameters})

    def open(self, address):
        self.call("POST", f"{self.session}/url", {"url": address})

    def look_as(self, width, scheme, kind="screen"):
        """Show the page in a width and a scheme of colours, on a screen or on paper."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", media=kind, features=features)

    def look_as_usual(self):
        self.command("Emulation.clearDeviceMetricsOverride")
        self.command("Emulation.setEmulatedMedia", media="", features=[])

    def list_violations(self):
        """Return what axe-core finds on the page, of every impact."""
        axe = os.environ.get("TWINTRADE_AXE", "")
        if not Path(axe).is_file():
            pytest.skip("TWINTRADE_AXE does not name axe.min.js")
        script = (
            "; axe.run(document).then(r => arguments[0](r.violations.map(v => [v.id, v.impact, v.nodes.length,"
            " v.nodes[0].html])))"
        )
        body = {"script": Path(axe).read_text() + script, "args": []}
        return self.call("POST", f"{self.session}/execute/async", body)

    def wait_for_file(self, name):
        """Return the lines of a download once it has arrived."""
        end = time.monotonic() + WAIT
        while not (self.folder / name).exists() and time.monotonic() < end:
            time.sleep(0.1)
        lines = (self.folder / name).read_text().splitlines()
        (self.folder / name).unlink()
        return lines


@contextmanager
def open_browser(folder):
    """Start a browser whose downloads arrive in a folder; skip where there is none."""
    driver = shutil.which("chromedriver")
    if driver is None or shutil.which("chromium") is None:
        pytest.skip("chromium and chromedriver are not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        opened = Browser(port, folder)
        opened.folder = folder
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
