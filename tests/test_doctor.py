"""Is this machine ready: each fault is found, and has a cure."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from audio_edu import cli, doctor

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_this_machine_is_ready_and_says_so(capsys):
    assert cli.main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert out.endswith("This machine is ready.\n")
    assert all(f" {name} " in out for name in doctor.CHECKS)


def test_json_is_one_object(capsys, monkeypatch):
    monkeypatch.setattr(
        doctor, "CHECKS", {"one": lambda: doctor.Finding("failed", "x", "y"), "two": lambda: 1 / 0}
    )
    assert cli.main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ready"] is False and found["one"] == {"state": "failed", "found": "x", "cure": "y"}
    assert "ZeroDivisionError" in found["two"]["found"] and "pip install" in found["two"]["cure"]


@pytest.mark.slow
def test_it_needs_python_alone(tmp_path):
    """Without a single package, and from another folder."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "audio_edu" / "doctor.py"), "--json"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    found = json.loads(ran.stdout)
    assert ran.returncode == 1 and ran.stderr == ""
    assert "not installed: numpy" in found["packages"]["found"]
    assert all(found[name]["state"] == "failed" for name in ("sound", "JupyterLab"))
    assert found["data"]["state"] == found["places"]["state"] == "ok"


@pytest.mark.parametrize(
    ("change", "check", "said"),
    [
        (lambda m: m.setattr(sys, "version_info", (3, 10, 1)), "Python", "3.11, 3.12 or 3.13"),
        (lambda m: intel_mac(m), "Python", "rendered book"),
        (lambda m: m.setenv("KERAS_BACKEND", "numbat"), "networks", "unset KERAS_BACKEND"),
        (lambda m: m.setattr(doctor, "_available_gb", lambda: 1.0), "memory", "close programs"),
        (lambda m: m.setattr(doctor, "_available_gb", lambda: 4.0), "memory", "one chapter at a time"),
        (lambda m: m.setenv("AUDIO_EDU_DATA", os.devnull), "data", "unset AUDIO_EDU_DATA"),
        (lambda m: m.setattr(doctor.tempfile, "gettempdir", lambda: "/proc/1"), "places", "a folder of your"),
        (lambda m: m.setattr(doctor, "find_spec", lambda name: None), "sound", "pip install"),
        (lambda m: m.setattr(doctor, "find_spec", lambda name: None), "JupyterLab", "pip install"),
        (lambda m: m.setattr(doctor.metadata, "version", lambda n: "0"), "packages", "if an output differs"),
        (lambda m: no_browser(m), "browser", "install Firefox"),
    ],
)  # fmt: skip
def test_a_fault_is_found_and_has_a_cure(change, check, said, monkeypatch):
    change(monkeypatch)
    finding = doctor.CHECKS[check]()
    assert finding.state != doctor.OK and said in finding.cure


def intel_mac(monkeypatch):
    monkeypatch.setattr(doctor.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(doctor.platform, "machine", lambda: "x86_64")


def no_browser(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor, "MAC_BROWSERS", ())


def test_pointers_in_place_of_weights_are_told_apart(tmp_path, monkeypatch):
    (tmp_path / "digits").mkdir()
    (tmp_path / "checkpoints").mkdir()
    monkeypatch.setenv("AUDIO_EDU_DATA", str(tmp_path))
    assert "no trained networks" in doctor.check_data().found
    (tmp_path / "checkpoints" / "cnn.npz").write_text("version https://git-lfs.github.com/spec/v1\n")
    assert doctor.check_data().cure == "git lfs pull"


def test_as_a_script_it_finds_pythons_own_modules(tmp_path):
    """Beside it lies a package `signal`, which Python's `subprocess` must not meet."""
    code = (
        "import runpy, sys; sys.path.insert(0, sys.argv[1]); sys.modules.pop('signal', None)\n"
        "runpy.run_path(sys.argv[1] + '/doctor.py'); import signal; print(signal.Signals.__name__)"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(ROOT / "audio_edu")],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert ran.stdout == "Signals\n", ran.stderr


def test_what_only_builders_need_is_not_asked_of_readers():
    assert doctor.REQUIREMENTS == "requirements-read.txt"
    assert "jupyter-book" not in (ROOT / doctor.REQUIREMENTS).read_text("utf-8")
