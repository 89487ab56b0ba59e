"""Serves the sample pages, or writes pictures: `python -m tests.interfaces.console.gallery DIR`."""

from __future__ import annotations

import functools
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from huoshui.interfaces.console import assets, render
from huoshui.interfaces.console.visit import POLICY
from tests.interfaces.console import samples

LOOKS: tuple[tuple[str, Literal["light", "dark"], int], ...] = (
    ("en", "light", 1360),
    ("zh", "dark", 1360),
    ("zh", "light", 390),
)


class Gallery(BaseHTTPRequestHandler):
    """`/<lang>/<page>` and the static files, under the console's own policy."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith(assets.BASE):
            asset = assets.served(path.removeprefix(assets.BASE))
            return self._answer(
                asset.plain if asset else b"", asset.media_type if asset else "text/plain"
            )
        lang, _, name = path.strip("/").partition("/")
        if lang not in ("en", "zh") or name not in samples.pages("en"):
            return self._answer(b"", "text/plain")
        page, place = samples.pages(lang)[name]
        self._answer(
            render.page(page, samples.frame(lang, place)).encode(), "text/html; charset=utf-8"
        )

    def _answer(self, body: bytes, media_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def serve() -> tuple[ThreadingHTTPServer, str]:
    """Serve on a free port in a thread."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gallery)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def pictures(folder: Path, only: str = "") -> None:
    """A picture of each page in each language, scheme and width."""
    from playwright.sync_api import sync_playwright

    server, origin = serve()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        for lang, scheme, width in (
            ("en", "light", 1360),
            ("zh", "dark", 1360),
            ("zh", "light", 390),
        ):
            tab = browser.new_page(
                color_scheme=scheme,  # type: ignore[arg-type]
                viewport={"width": width, "height": 900},
            )
            tab.on("console", lambda line: print("console:", line.text))
            tab.on("pageerror", lambda error: print("error:", error))
            for name in samples.pages(lang):
                if only in name:
                    tab.goto(f"{origin}/{lang}/{name}")
                    tab.wait_for_load_state("networkidle")
                    # All charts draw when they come near the screen.
                    tab.evaluate("scrollTo(0, document.body.scrollHeight)")
                    tab.wait_for_timeout(250)
                    tab.evaluate("scrollTo(0, 0)")
                    tab.screenshot(
                        path=folder / f"{name}-{lang}-{scheme}-{width}.png", full_page=True
                    )
        browser.close()
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    functools.partial(pictures, target, *sys.argv[2:])()
