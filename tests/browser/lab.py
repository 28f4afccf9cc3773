"""A real JupyterLab in a real browser: started on a folder, driven as a user does, and read from its page."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1440, 1000  # of the window: a small laptop
START_SECONDS, RUN_SECONDS = 180, 900  # a busy machine needs them
# all cells stay in the page, so that a screenshot shows the whole notebook
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": '{"windowingMode": "none", "scrollPastEnd": false}',
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": '{"fetchNews": "false"}',
}
FACTS = (Path(__file__).with_name("page.js")).read_text(encoding="utf-8")


def browser() -> str | None:
    """The browser of this machine, or None."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@contextmanager
def server(root: Path, home: Path) -> Iterator[str]:
    """A JupyterLab at `root` with settings of its own in `home`; yields its address with the token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name, text in SETTINGS.items():
        (home / "settings" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "settings" / name).write_text(text)
    token = secrets.token_hex(8)
    places = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "RUNTIME", "DATA")}
    places |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
    places["SCALESCOPE_ROOT"] = str(root)
    shown = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={root}",
        "--no-browser",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        "--expose-app-in-browser",
        "--allow-root",
    ]
    log = home / "lab.log"
    with log.open("w") as stream:
        lab = subprocess.Popen(command, cwd=root, env=shown | places, stdout=stream, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}/lab/tree/{{}}?token={token}&reset"
        _wait_for(address.format(""), lab, log)
        yield address
    finally:
        lab.terminate()
        lab.wait(30)


def _wait_for(address: str, lab: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and lab.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


@contextmanager
def window() -> Iterator[Page]:
    """A page of a browser without a screen."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser(), args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(START_SECONDS * 1000)
        yield page
        chromium.close()


class Notebook:
    """One notebook open in a page."""

    def __init__(self, page: Page, address: str, path: str):
        self.page, self.path = page, path
        page.goto(address.format(path))
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        self.until("app.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")

    def command(self, name: str, **arguments: object) -> None:
        """Run a command of JupyterLab's menus without waiting for its end."""
        self.page.evaluate(
            "([name, arguments]) => { window.jupyterapp.commands.execute(name, arguments); }", [name, arguments]
        )

    def until(self, condition: str, seconds: float = START_SECONDS) -> None:
        """Wait until a condition holds in the page; `app` is JupyterLab."""
        try:
            self.page.wait_for_function(
                f"() => {{ const app = window.jupyterapp; return app && ({condition}); }}", timeout=seconds * 1000
            )
        except Error as error:
            raise AssertionError(f"{self.path}: {condition} did not come true in {seconds} s") from error

    def run_all(self, seconds: float = RUN_SECONDS) -> None:
        """Run > Run All Cells, and wait for its end."""
        self.command("notebook:run-all-cells")
        self.finished(seconds)

    def finished(self, seconds: float = RUN_SECONDS) -> None:
        """Wait until no cell waits or runs."""
        idle = "app.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
        prompts = "[...app.shell.currentWidget.node.querySelectorAll('.jp-InputPrompt')].map((at) => at.textContent)"
        self.until(f"{idle} && !{prompts}.some((text) => text.includes('*'))", seconds)
        self.page.wait_for_timeout(400)  # outputs that were sent last are drawn

    def save(self) -> None:
        """Save, and wait until nothing is unsaved."""
        self.command("docmanager:save")
        self.until("!app.shell.currentWidget.context.model.dirty")

    def facts(self) -> dict:
        """What the page shows of the outputs (see page.js)."""
        return self.page.evaluate(FACTS)

    def picture(self, path: Path) -> None:
        """The whole notebook as a picture."""
        path.parent.mkdir(parents=True, exist_ok=True)
        long = self.page.evaluate("document.querySelector('.jp-WindowedPanel-viewport').scrollHeight")
        self.page.set_viewport_size({"width": WIDTH, "height": min(int(long) + 200, 15000)})
        self.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
        self.page.wait_for_timeout(500)
        self.page.locator(".jp-NotebookPanel-notebook").screenshot(path=str(path))
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def close(self) -> None:
        """Shut the kernel down."""
        self.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
