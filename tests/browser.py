"""Find a Chromium for the browser tests, or install one.

Run as a script it makes sure that there is one, and prints its path: a Chromium or Chrome found on the
machine, else Debian's package, else Playwright's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]


def playwrights_own() -> str | None:
    """The Chromium that Playwright downloads, where it has been."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def find() -> str | None:
    """Path of a Chromium: ``$CHROMIUM``, one on the path, or Playwright's own."""
    for name in (os.environ.get("CHROMIUM"), *NAMES):
        if name and (path := shutil.which(name)):
            return path
    return playwrights_own()


def install() -> None:
    """Install a Chromium, from Debian where that is possible."""
    as_root = [] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get"):
        for command in (
            ["update"],
            ["install", "-y", "--no-install-recommends", "chromium", "fonts-noto-cjk"],
        ):
            if subprocess.run([*as_root, "apt-get", "-qq", *command], stdout=subprocess.DEVNULL).returncode:
                break
        else:
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"], check=True)


def main() -> int:
    """Make sure that a browser is there."""
    if find() is None:
        print("No Chromium found: installing one for the browser tests ...", flush=True)
        install()
    path = find()
    if path is None:
        print("No Chromium: install one, or set CHROMIUM to its path.", file=sys.stderr)
        return 1
    print(f"Browser: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
