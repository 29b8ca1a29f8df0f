"""Chromium by the WebDriver protocol: a few JSON requests to chromedriver. https://www.w3.org/TR/webdriver2/"""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import servers

CHROMEDRIVER = shutil.which("chromedriver")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
AVAILABLE = bool(CHROMEDRIVER and CHROMIUM)

TAB, ENTER, SPACE, DOWN, SHIFT = "\ue004", "\ue007", " ", "\ue015", "\ue008"


class Browser:
    def __init__(self, address: str, profile: Path) -> None:
        arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
        ]
        options = {"binary": CHROMIUM, "args": arguments}
        self._session = address
        created = self._post("session", capabilities={"alwaysMatch": {"goog:chromeOptions": options}})
        self._session = f"{address}/session/{created['sessionId']}"
        # One test's answers are not the next one's.
        self.devtools("Network.enable")
        self.devtools("Network.setCacheDisabled", cacheDisabled=True)
        self.look()

    def _post(self, command: str, **body: Any) -> Any:
        request = urllib.request.Request(f"{self._session}/{command}", json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)["value"]

    def close(self) -> None:
        with urllib.request.urlopen(urllib.request.Request(self._session, method="DELETE"), timeout=60):
            pass

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self._post("goog/cdp/execute", cmd=command, params=parameters)

    def look(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """The size and the colours that the page is to be shown in."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, url: str) -> None:
        """Answers when the page says something else than that it is loading."""
        self._post("url", url=url)
        self.settled()

    def settled(self) -> None:
        self.until(
            "document.getElementById('status').textContent != 'Loading…' && !document.querySelector('[aria-busy]')"
        )

    def script(self, expression: str) -> Any:
        return self._post("execute/sync", script=f"return {expression}", args=[])

    def until(self, expression: str, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not self.script(expression):
            assert time.monotonic() < end, f"never so: {expression}\n{self.source()}"
            time.sleep(0.05)

    def source(self) -> str:
        return self.script("document.documentElement.outerHTML")

    def press(self, *keys: str, shift: bool = False) -> None:
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        if shift:
            strokes = [{"type": "keyDown", "value": SHIFT}, *strokes, {"type": "keyUp", "value": SHIFT}]
        self._post("actions", actions=[{"type": "key", "id": "keyboard", "actions": strokes}])

    def accessibility(self) -> list[tuple[str, str]]:
        """What a screen reader is told: pairs of role and name."""
        nodes = self.devtools("Accessibility.getFullAXTree")["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")
        ]

    def screenshot(self, path: Path) -> None:
        """Of the whole page, also of what would have to be scrolled to."""
        size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = self.devtools("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        path.write_bytes(base64.b64decode(data))


@contextlib.contextmanager
def running(directory: Path) -> Iterator[Browser]:
    assert CHROMEDRIVER, "no chromedriver on this machine"
    port = servers.free_port()
    with (directory / "log").open("w") as log:
        driver = subprocess.Popen(
            [CHROMEDRIVER, f"--port={port}"], stdout=log, stderr=log, env={**os.environ, "HOME": str(directory)}
        )
        try:
            servers.wait_for_port(port)
            browser = Browser(f"http://127.0.0.1:{port}", directory / "profile")
            try:
                yield browser
            finally:
                browser.close()
        finally:
            driver.terminate()
            driver.wait(20)
