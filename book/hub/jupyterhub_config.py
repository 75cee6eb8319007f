"""A JupyterHub on one machine, for a class in one room: `make hub`.

Everybody chooses a name and types the class's password (``HUB_PASSWORD``), and gets a folder of their own
with the students' notebooks, below ``_build/hub/users``. All servers run as the account that started the hub,
and may read and delete all that it may: names keep work apart, they protect nobody, the account neither. The
password crosses the network in clear text. For strangers, or for more than one machine, take the image that
repo2docker builds from `binder/` and a spawner of containers.
"""

import importlib.util
import os
import shutil
import sys
from functools import cache
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

ROOT = Path(__file__).resolve().parents[2]
STATE = Path(os.environ.get("HUB_FOLDER", ROOT / "_build" / "hub")).resolve()
STATE.mkdir(mode=0o700, parents=True, exist_ok=True)

c = get_config()  # noqa: F821

# --- Who comes in -----------------------------------------------------------------------------------------

password = os.environ.get("HUB_PASSWORD", "")
if len(password) < 8:
    sys.exit("Set HUB_PASSWORD, at least 8 characters: the one password of the class.")
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = password
c.Authenticator.allow_all = True
c.Authenticator.username_pattern = r"[a-z0-9][a-z0-9_-]{0,30}$"  # it names a folder
address = os.environ.get("HUB_ADDRESS", ":8000")
c.JupyterHub.bind_url = f"http://{address}"
c.JupyterHub.hub_port = int(os.environ.get("HUB_PORT", 8081))
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ.get('HUB_PROXY_PORT', 8001)}"
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")
c.JupyterHub.db_url = f"sqlite:///{STATE / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
if token := os.environ.get("HUB_LOAD_TOKEN"):  # for load.py alone
    c.JupyterHub.services = [{"name": "load", "api_token": token}]
    scopes = ["admin:users", "admin:servers", "access:servers"]
    c.JupyterHub.load_roles = [{"name": "load", "services": ["load"], "scopes": scopes}]

# --- What they get ----------------------------------------------------------------------------------------


@cache
def trusted():
    """Sign the notebooks, or JupyterLab strips the scripts of players; return them and the signatures."""
    folder, notebooks = STATE / "trust", sorted((ROOT / "_build" / "student").glob("*.ipynb"))
    folder.mkdir(exist_ok=True)
    notary = NotebookNotary(data_dir=str(folder))
    for path in notebooks:
        notary.sign(nbformat.read(path, as_version=4))
    notary.store.close()
    return notebooks, folder


def lay_out(spawner):
    """Put what is not there yet into a student's folder; what is there is theirs."""
    home, (notebooks, signatures) = STATE / "users" / spawner.user.name, trusted()
    data = home / ".local" / "share" / "jupyter"
    data.mkdir(parents=True, exist_ok=True)
    for folder, sources in ((home, notebooks), (data, signatures.iterdir())):
        for source in sources:
            if not (folder / source.name).exists():
                shutil.copy(source, folder / source.name)


c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(STATE / "users" / "{username}")
c.Spawner.pre_spawn_hook = lay_out
c.Spawner.default_url = "/lab"
server = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.cmd = [str(ROOT / "binder" / "start"), *server]  # one thread for each
# JupyterLab's files lie where it was installed, which may be an environment that the hub's only sees.
lab = Path(importlib.util.find_spec("jupyterlab").origin).parents[4]
c.Spawner.environment = {
    "PYTHONPATH": str(ROOT),
    "JUPYTER_PATH": str(lab / "share" / "jupyter"),
    "JUPYTER_CONFIG_PATH": str(lab / "etc" / "jupyter"),
    "JUPYTERLAB_DIR": str(lab / "share" / "jupyter" / "lab"),
}

# --- Many at once -----------------------------------------------------------------------------------------

# A class comes within one minute, and each start takes a core for some seconds: all of them wait.
c.Spawner.start_timeout = c.Spawner.http_timeout = 180
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}  # a page that waits, instead of a request that does
# What nobody uses is ended: a kernel, most of the memory, after half an hour; a server after two.
c.Spawner.args = [
    "--MappingKernelManager.cull_idle_timeout=1800",
    "--MappingKernelManager.cull_interval=120",
    "--ServerApp.shutdown_no_activity_timeout=7200",
]
if hasattr(os, "geteuid") and os.geteuid() == 0:
    if not (token and address.startswith("127.0.0.1:")):
        sys.exit("Start the hub as an account of its own: what students write would run as root.")
    c.Spawner.args.append("--allow-root")  # load.py runs the book's own cells, in a container perhaps
