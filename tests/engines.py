"""Firefox and WebKit, for the checks of pages that another engine may answer differently from Chromium.

Both are driven by the W3C's WebDriver commands, with nothing that has to be installed for Python: Firefox
(Debian: `firefox-esr`) listens on a socket of its own, *Marionette*; WebKit (Debian: `webkit2gtk-driver`, on
a screen that `xvfb` keeps in memory) listens to HTTP.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from book.processes import free_port, started

START_SECONDS = 180
SCRIPT_SECONDS = 240
PREFERENCES = {
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


def firefox() -> str | None:
    """Path of a Firefox, where there is one."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


def webkit() -> tuple[str, str] | None:
    """Paths of WebKit's driver and of its small browser, where both and a screen in memory are there."""
    driver = shutil.which("WebKitWebDriver")
    browsers = glob.glob("/usr/lib*/*/webkit2gtk-4.*/MiniBrowser")
    return (driver, browsers[0]) if driver and browsers and shutil.which("xvfb-run") else None


MISSING = {
    "firefox": None if firefox() else "Firefox is not installed (Debian: firefox-esr)",
    "webkit": None if webkit() else "WebKit is not installed (Debian: webkit2gtk-driver, xvfb, xauth)",
}


class Engine:
    """The few commands that the checks give to a browser."""

    def ask(self, name: str, path: str, **parameters):
        """Give one command of WebDriver, which Marionette calls `name` and HTTP `path`."""
        raise NotImplementedError

    def open(self, url: str, *, size=(1280, 900)) -> None:
        """Open a page, and wait until its formulas are set."""
        self.ask("SetWindowRect", "window/rect", width=size[0], height=size[1])
        self.ask("Navigate", "url", url=url)
        self.run("await window.MathJax?.startup?.promise; await document.fonts.ready")

    def run(self, code: str, *arguments):
        """What the body of an asynchronous function returns in the page; `all` are its arguments."""
        script = f"""
            const all = [...arguments], done = all.pop(), work = async () => {{ {code} }};
            work().then((value) => done([value ?? null, ""]), (error) => done([null, `${{error}}`]));"""
        value, error = self.ask("ExecuteAsyncScript", "execute/async", script=script, args=list(arguments))
        assert not error, error
        return value

    def until(self, expression: str, *arguments, seconds: float = 30):
        """Wait until an expression is true in the page; its value. `all` are the arguments."""
        value = self.run(
            f"""for (let n = 0; n < {seconds * 20}; n += 1) {{
                const value = {expression};
                if (value) return value;
                await new Promise((go) => setTimeout(go, 50));
            }}""",
            *arguments,
        )
        assert value, f"not within {seconds} s: {expression}"
        return value

    def find(self, selector: str) -> str:
        """The first element that is selected."""
        self.until(f"document.querySelector({json.dumps(selector)})")
        found = self.ask("FindElement", "element", using="css selector", value=selector)
        (element,) = found.get("value", found).values()
        return element

    def click(self, selector: str) -> None:
        """Click where a reader would."""
        self.run("document.querySelector(all[0]).scrollIntoView({ block: 'center' })", selector)
        element = self.find(selector)
        self.ask("ElementClick", f"element/{element}/click", id=element)

    def type(self, selector: str, text: str) -> None:
        """Press keys in an element."""
        element = self.find(selector)
        self.ask("ElementSendKeys", f"element/{element}/value", id=element, text=text)


class Firefox(Engine):
    """A Firefox that listens on a socket; a message is its length, a colon, and JSON."""

    def __init__(self, port: int):
        self._socket = _until(lambda: socket.create_connection(("127.0.0.1", port), timeout=SCRIPT_SECONDS))
        self._stream = self._socket.makefile("rb")
        self._receive()
        self._number = 0
        self.ask("NewSession", "session", acceptInsecureCerts=False)
        self.ask("SetTimeouts", "timeouts", script=1000 * SCRIPT_SECONDS)

    def ask(self, name, path, **parameters):
        self._number += 1
        message = json.dumps([0, self._number, f"WebDriver:{name}", parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._receive()
        assert error is None, f"{name}: {error['error']}, {error['message']}"
        return result["value"] if set(result or {}) == {"value"} else result

    def _receive(self):
        length = b""
        while (byte := self._stream.read(1)) != b":":
            assert byte, "Firefox has gone"
            length += byte
        return json.loads(self._stream.read(int(length)))


class WebKit(Engine):
    """WebKit's small browser, whose driver listens to HTTP."""

    def __init__(self, port: int, browser: str):
        self._url = f"http://127.0.0.1:{port}/session"
        options = {"binary": browser, "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self._url += "/" + _until(lambda: self.ask("NewSession", "", capabilities=wanted))["sessionId"]
        self.ask("SetTimeouts", "timeouts", script=1000 * SCRIPT_SECONDS)

    def ask(self, name, path, **parameters):
        request = urllib.request.Request(f"{self._url}/{path}".rstrip("/"), json.dumps(parameters).encode())
        try:
            with urllib.request.urlopen(request, timeout=SCRIPT_SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{name}: {error.read().decode()[:500]}") from None


def _until(work):
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            return work()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


@contextmanager
def engine(name: str, folder: Path) -> Iterator[Engine]:
    """Start `firefox` or `webkit` with an empty profile in a folder, and end it with all that it started."""
    port = free_port()
    if name == "firefox":
        lines = {**PREFERENCES, "marionette.port": port}.items()
        prefs = "".join(f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in lines)
        (folder / "user.js").write_text(prefs, "utf-8")
        command = [firefox(), "--headless", "--marionette", "--no-remote", "--profile", str(folder)]
    else:
        driver, browser = webkit()
        command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1200x24", driver, f"--port={port}"]
    environment = {**os.environ, "HOME": str(folder), "GTK_A11Y": "none", "LIBGL_ALWAYS_SOFTWARE": "1"}
    environment["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"] = "1"  # as --no-sandbox: a container allows none
    with started(command, folder / "log", env=environment):
        yield Firefox(port) if name == "firefox" else WebKit(port, browser)
