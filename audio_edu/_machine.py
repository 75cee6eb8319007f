"""What is not left to the reader's machine: Keras's settings, Numba's cache, what a console can print.

`settle` is called when `audio_edu` is imported, before anything heavy is: Keras, TensorFlow and Numba look at
the environment once, when they are imported themselves. The style of figures is in `audio_edu._figure`.
"""

import atexit
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

#: What Keras may run on (``KERAS_BACKEND``); the first is the default.
BACKENDS = ("tensorflow", "torch", "jax")
KERAS_HOME = Path(__file__).with_name("_keras")


def settle() -> None:
    """Make this process independent of the machine, as far as it can be done without importing anything."""
    os.environ["KERAS_HOME"] = str(KERAS_HOME)  # with the book's keras.json, not that in the reader's home
    if "keras" in sys.modules:
        settle_keras()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    _find_room_for_numba()
    for stream in (sys.stdout, sys.stderr):
        # A console of ASCII or cp1252 shows → as \u2192, and does not fail
        if getattr(stream, "errors", "") in ("strict", "surrogateescape") and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def settle_keras() -> None:
    """Give Keras the book's settings, even if it was imported before `audio_edu`, or changed since."""
    import keras

    settings = json.loads((KERAS_HOME / "keras.json").read_text("utf-8"))
    keras.config.set_floatx(settings["floatx"])
    keras.config.set_dtype_policy(settings["floatx"])
    keras.config.set_epsilon(settings["epsilon"])
    keras.config.set_image_data_format(settings["image_data_format"])


def check_backend() -> None:
    """Say what is wrong with ``KERAS_BACKEND``, before Keras is imported and stops at it.

    Raises
    ------
    ImportError
        If it is none of `BACKENDS`, or is not installed.
    """
    backend = os.environ.get("KERAS_BACKEND") or BACKENDS[0]
    if backend not in BACKENDS:
        wrong = f"not one of {', '.join(BACKENDS)}: set it to one of them"
    elif find_spec(backend) is None:
        wrong = "not installed: install it"
    else:
        return
    raise ImportError(f"KERAS_BACKEND is {backend!r}, which is {wrong}, or unset it to run on {BACKENDS[0]}.")


def _find_room_for_numba() -> None:
    """Let Numba, and librosa with it, keep compiled code for this process only, where no home can be written.

    Without a folder for its cache it refuses to compile at all.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    for place in map(Path, filter(None, (os.environ.get("NUMBA_CACHE_DIR"), home))):
        there = next((path for path in (place, *place.parents) if path.exists()), place)
        if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
            return
    import shutil
    import tempfile

    os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="audio_edu_numba_")
    atexit.register(shutil.rmtree, os.environ["NUMBA_CACHE_DIR"], ignore_errors=True)
