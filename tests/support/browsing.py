"""A real browser, and what it noticed while it showed a page."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, sync_playwright
from starlette.types import ASGIApp

from interfaces.web.server import web_server

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SECONDS_MAX = 20.0

LOWEST_CONTRAST = """() => {
  const rgba = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map(value => value / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = element => {
    for (let each = element; each; each = each.parentElement) {
      const color = rgba(getComputedStyle(each).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const lowest = {ratio: 21, text: "", count: 0};
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim()) continue;
    const [dark, bright] = [light(rgba(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => a - b);
    const ratio = (bright + 0.05) / (dark + 0.05);
    lowest.count += 1;
    if (ratio < lowest.ratio) Object.assign(lowest, {ratio, text: texts.currentNode.data.trim()});
  }
  return lowest;
}"""
"""Of every text on the page against what is behind it, as WCAG 2 counts it."""


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Chromium: the one of this machine, otherwise Playwright's own. `scripts/chromium` makes sure of one."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The application on a free port, as its URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = web_server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=([listening],), name="browsed-server")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_SECONDS_MAX)
        assert not thread.is_alive(), "the server did not stop"


@dataclass
class Noticed:
    """What a page asked for, and everything it complained about."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def on(self, page: Page) -> "Noticed":
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        page.on("console", lambda message: self.complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("response", lambda answer: self._look_at(answer.url, answer.status))
        return self

    def _look_at(self, url: str, status: int) -> None:
        if status >= 400:
            self.complaints.append(f"{status}: {url}")
