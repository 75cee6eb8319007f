"""One headless Chromium for all the tests of a process: Playwright cannot be started twice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import browser as chromium

# They hold no examples, and to the search for examples they would all be one module named conftest.
collect_ignore_glob = ["conftest.py", "*/conftest.py"]


@pytest.fixture(scope="session")
def browser():
    """A Chromium found on the machine."""
    from playwright.sync_api import sync_playwright

    path = chromium.find()
    assert path, "no Chromium: run `python tests/browser.py`"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        yield launched
        launched.close()
