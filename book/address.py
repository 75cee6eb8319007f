"""Carry the repository's address from ``_config.yml``, the one place where it is set, to the other files.

python book/address.py          rewrite the address in CITATION.cff and README.md
python book/address.py --check  rewrite nothing; exit status 1 if one of them differs
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
CARRIERS = {
    "CITATION.cff": re.compile(r"(?<=^repository-code: )\S+", re.M),
    "README.md": re.compile(r"(?<=^\[repository\]: )\S+", re.M),
}


def address() -> str:
    """The address in ``_config.yml``."""
    return yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]


def main(arguments: list[str]) -> int:
    """Rewrite the carriers, or with ``--check`` only compare them."""
    differing = []
    for name, pattern in CARRIERS.items():
        path = ROOT / name
        text = path.read_text("utf-8")
        renewed, found = pattern.subn(address(), text)
        if not found:
            raise SystemExit(f"{name} has no line that carries the repository's address ({pattern.pattern})")
        if renewed != text:
            differing.append(name)
            if "--check" not in arguments:
                path.write_text(renewed, "utf-8")
    for name in differing:
        print(f"{name}: {'differs from _config.yml' if '--check' in arguments else 'renewed'}")
    return 1 if differing and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
