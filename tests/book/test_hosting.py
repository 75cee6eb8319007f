"""Where the book is hosted: the files for Binder and the forge's workflow name what exists."""

import importlib
import importlib.util
import os
import re
import subprocess
import sys
import types
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_targets_that_exist_and_pins_what_it_uses(path):
    workflow = yaml.safe_load(path.read_text("utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    called = {word for step in steps for word in re.findall(r"make ([a-z-]+)", step.get("run", ""))}
    assert called and called <= TARGETS
    used = [step["uses"] for step in steps if "uses" in step]
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name) for name in used)
    assert workflow["permissions"] == {"contents": "read"}


@pytest.mark.skipif(
    importlib.util.find_spec("check_jsonschema") is None, reason="check-jsonschema is not installed"
)
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_as_the_forge_wants_it(path):
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
        str(path),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", ["postBuild", "start"])
@pytest.mark.skipif(os.name != "posix", reason="they are scripts of a shell")
def test_binders_scripts_are_scripts_and_call_what_exists(name):
    path = ROOT / "binder" / name
    assert os.access(path, os.X_OK)
    subprocess.run(["sh", "-n", str(path)], check=True)
    for script in re.findall(r"^python (\S+\.py)", path.read_text("utf-8"), re.M):
        assert (ROOT / script).is_file()


def test_binder_installs_the_pinned_packages_on_a_python_that_they_know():
    assert "-r ../requirements.txt" in (ROOT / "binder" / "requirements.txt").read_text("utf-8").splitlines()
    assert re.fullmatch(r"python-3\.1[1-3]\n", (ROOT / "binder" / "runtime.txt").read_text("utf-8"))


def test_what_starts_a_users_server_gives_it_one_thread():
    code = "import os; print(os.environ['OMP_NUM_THREADS'])"
    command = [str(ROOT / "binder" / "start"), sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "1\n"


def test_the_hubs_configuration_is_one_that_waits_for_a_class_and_ends_what_is_idle(monkeypatch, tmp_path):
    traitlets = importlib.import_module("traitlets.config")
    monkeypatch.setenv("HUB_FOLDER", str(tmp_path))
    for name in ("HUB_ADDRESS", "HUB_LOAD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    path = ROOT / "book" / "hub" / "jupyterhub_config.py"
    monkeypatch.setenv("HUB_PASSWORD", "short")
    with pytest.raises(SystemExit, match="at least 8"):
        traitlets.PyFileConfigLoader(path.name, str(path.parent)).load_config()
    monkeypatch.setenv("HUB_PASSWORD", "long enough")
    config = traitlets.PyFileConfigLoader(path.name, str(path.parent)).load_config()
    assert config.Spawner.http_timeout == config.Spawner.start_timeout == 180
    assert config.Spawner.cmd[0] == str(ROOT / "binder" / "start")
    assert any("cull_idle_timeout" in argument for argument in config.Spawner.args)
    assert "--allow-root" not in config.Spawner.args
    assert "services" not in config.JupyterHub  # nobody's token opens it unless load.py asks
    names = ("anna", "a-1", "a" * 32, "anna.b", "../anna", "")  # JupyterHub matches the beginning of a name
    allowed = [bool(re.match(config.Authenticator.username_pattern, name)) for name in names]
    assert allowed == [True, True, False, False, False, False]
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    for token in ("", "a token"):  # a token does not let root serve the whole network
        monkeypatch.setenv("HUB_LOAD_TOKEN", token)
        with pytest.raises(SystemExit, match="account of its own"):
            traitlets.PyFileConfigLoader(path.name, str(path.parent)).load_config()


def test_a_students_folder_has_trusted_notebooks_and_keeps_what_is_there(monkeypatch, tmp_path):
    traitlets, sign = map(importlib.import_module, ("traitlets.config", "nbformat.sign"))
    for name, value in {"HUB_FOLDER": str(tmp_path), "HUB_PASSWORD": "long enough"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    path = ROOT / "book" / "hub" / "jupyterhub_config.py"
    lay_out = traitlets.PyFileConfigLoader(path.name, str(path.parent)).load_config().Spawner.pre_spawn_hook
    made = tmp_path / "_build" / "student" / "01.ipynb"
    made.parent.mkdir(parents=True)
    output = nbformat.v4.new_output("display_data", {"text/html": "<script>1</script>"})
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[output])]), made)
    monkeypatch.setitem(lay_out.__globals__, "ROOT", tmp_path)
    anna = types.SimpleNamespace(user=types.SimpleNamespace(name="anna"))
    lay_out(anna)
    home = tmp_path / "users" / "anna"
    notary = sign.NotebookNotary(data_dir=str(home / ".local" / "share" / "jupyter"))
    assert notary.check_signature(nbformat.read(home / "01.ipynb", as_version=4))
    notary.store.close()
    (home / "01.ipynb").write_text("hers", "utf-8")
    lay_out(anna)
    assert (home / "01.ipynb").read_text("utf-8") == "hers"
