"""How nbval holds the executed notebooks to account; the rules of what is compared stand here, together.

nbval executes every cell again and compares text, HTML and error names with what the notebook holds. Text
and HTML of a player or a figure carry the facts of its sound or picture, so a wrong sound fails too.
"""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "book"))

import pipeline  # noqa: E402
import pytest  # noqa: E402

# The kernels that nbval starts see what the kernels that made the notebooks saw.
os.environ.update(pipeline.KERNEL_ENVIRONMENT)

NOT_COMPARED = (
    "stderr",  # warnings and progress bars
    "image/svg+xml",
)


def pytest_configure(config):
    """Give nbval the remedies it needs, where it is installed."""
    config.option.nbval_sanitize_with = str(ROOT / "tests" / "nbval_sanitize.cfg")
    try:
        from nbval.kernel import RunningKernel
        from nbval.plugin import IPyNbFile
    except ImportError:
        return

    def execute_cell_input(self, cell_input, allow_stdin=None):
        # As Jupyter does it: without store_history a trailing `;` silences nothing.
        return self.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)

    RunningKernel.execute_cell_input = execute_cell_input

    setup = IPyNbFile.setup

    def setup_with_rules(self):
        setup(self)
        self.skip_compare = (*self.skip_compare, *NOT_COMPARED)

    IPyNbFile.setup = setup_with_rules


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Let a notebook that was never executed fail, which nbval lets pass; put the longest work first."""
    for item in items:
        cell = getattr(item, "cell", None)
        if cell and cell.source and cell.execution_count is None:
            item.runtest = lambda item=item: item.raise_cell_error("was never executed: run `make chapters`")
    items.sort(key=lambda item: (item.path.stem == "test_pages", -wall_seconds(item)))


def wall_seconds(item) -> float:
    """How long the notebook took that a cell belongs to; 0 for all other tests."""
    notebook = getattr(item.parent, "nb", None)
    return notebook.metadata.get("audio_edu", {}).get("wall_seconds", 0) if notebook else 0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep in one process what belongs together: a notebook, a test file, the checks of a page."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            part = re.search(r"test_pages\.py::.*\[(.+\.html)|test_backends\.py::(\w+)", nodeid)
            return (part[1] or part[2]) if part else nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # the order is that of the items
    return Scheduling(config, log)
