"""What the front matter promises about the code holds."""

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = re.findall(r"`(audio_edu[\w.]*)(?::(\w+))?`", (ROOT / "book/front/notation.md").read_text("utf-8"))


def test_the_notation_page_names_something():
    assert len(NAMES) > 15


@pytest.mark.parametrize(("dotted", "parameter"), NAMES)
def test_every_name_of_the_notation_page_exists(dotted, parameter):
    module, name = dotted.rsplit(".", 1)
    thing = getattr(importlib.import_module(module), name)
    if parameter:
        assert parameter in inspect.signature(thing).parameters


def test_the_repositorys_address_is_the_same_everywhere():
    ran = subprocess.run(
        [sys.executable, "book/address.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, audio_edu; print(*[m for m in ('tensorflow', 'keras', 'librosa', 'scipy', 'matplotlib',"
    )
    code += " 'IPython', 'numpy') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""
