"""Nothing that a reader's home, terminal or environment says changes a result."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import matplotlib
import numpy as np
import pytest

from audio_edu import _machine, plots
from audio_edu.datasets import load_digits
from audio_edu.exercises import check
from audio_edu.families import load_model

HERE = Path(__file__).parent
RECOGNISERS = ("cnn", "rnn", "attention")
RC = """
backend: TkAgg
text.usetex: True
font.family: cursive
figure.dpi: 200
figure.figsize: 1, 1
axes.facecolor: black
lines.linewidth: 9
savefig.bbox: tight
savefig.dpi: 30
savefig.transparent: True
axes.formatter.use_locale: True
"""


def picture():
    """A figure of the book, with text of all kinds."""
    fig, ax = plots.figure(height=2)
    ax.plot([0.5, 1.5], [0, 20000], label="a line")
    ax.set(title="Title $x^2$", xlabel="time (s)")
    ax.legend()
    return plots.show(fig, alt="A line.")


def answers():
    """What the shipped recognisers say of a few clips, for a comparison bit for bit."""
    clips = load_digits().test.audio[::120]
    return {name: load_model(name).probabilities(clips).tolist() for name in RECOGNISERS}


def python(code, *, arguments=(), **environment):
    """Run code in a process of its own, with some of the environment changed (None: removed)."""
    changed = {**os.environ, "PYTHONPATH": f"{HERE.parent}:{HERE}", **environment}
    command = [sys.executable, *arguments, *(["-c", code] if code else [])]
    environment = {key: value for key, value in changed.items() if value is not None}
    return subprocess.run(command, capture_output=True, env=environment, check=False)


@pytest.mark.slow
def test_a_hostile_home_and_environment_change_no_answer_and_no_picture(tmp_path):
    settings = {
        "floatx": "float16",
        "epsilon": 0.5,
        "image_data_format": "channels_first",
        "backend": "torch",
    }
    home, out = tmp_path / "home", tmp_path / "out.json"
    for folder in (".keras", ".config/matplotlib"):
        (home / folder).mkdir(parents=True)
    (home / ".keras" / "keras.json").write_text(json.dumps(settings), "utf-8")
    (home / ".config" / "matplotlib" / "matplotlibrc").write_text(RC, "utf-8")
    code = (
        "import json, audio_edu, keras, test_machine as t\n"
        "from keras import config as c\n"
        "found = {'keras': [c.floatx(), c.epsilon(), c.image_data_format(), c.backend()]}\n"
        "found |= {'answers': t.answers(), 'picture': t.picture().html}\n"
        "c.set_dtype_policy('mixed_float16'), c.set_floatx('float16')\n"
        "found['changed in between'] = t.answers()\n"
        f"open({str(out)!r}, 'w').write(json.dumps(found)); print('→')"
    )
    ran = python(
        code, arguments=["-O"], HOME=str(home), KERAS_HOME=str(home / ".keras"), KERAS_BACKEND=None,
        MPLCONFIGDIR=None, MPLBACKEND="QtAgg", XDG_CONFIG_HOME=None, XDG_CACHE_HOME=None, TZ="Asia/Tokyo",
        PYTHONIOENCODING="cp1252", PYTHONWARNINGS="error", PYTHONHASHSEED="3", LC_ALL="C",
        TF_CPP_MIN_LOG_LEVEL="loud",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr.decode(errors="replace")
    assert ran.stdout.splitlines()[-1] == rb"\u2192"
    found = json.loads(out.read_text("utf-8"))
    assert found["keras"] == ["float32", 1e-7, "channels_last", "tensorflow"]
    here = answers()
    for name in RECOGNISERS:
        np.testing.assert_allclose(found["answers"][name], here[name], atol=1e-5)
    assert found["changed in between"] == found["answers"]
    assert found["picture"] == picture().html


def test_keras_that_was_there_first_gets_the_books_settings():
    keras.config.set_floatx("float16")
    keras.config.set_dtype_policy("mixed_float16")
    keras.config.set_image_data_format("channels_first")
    _machine.settle()
    assert keras.config.floatx() == keras.config.dtype_policy().name == "float32"
    assert keras.config.image_data_format() == "channels_last"


def test_the_session_may_draw_otherwise():
    expected = picture().html
    with matplotlib.rc_context({"savefig.bbox": "tight", "axes.facecolor": "black", "lines.linewidth": 9}):
        assert picture().html == expected


@pytest.mark.parametrize("backend", ["tensorfow", "numpy"])
def test_a_backend_of_which_keras_knows_nothing_is_one_sentence(backend):
    ran = python("", arguments=["-m", "audio_edu.cli", "evaluate", "cnn"], KERAS_BACKEND=backend)
    (line,) = ran.stderr.decode().splitlines()
    assert ran.returncode == 1 and f"KERAS_BACKEND is {backend!r}" in line and "unset it" in line


@pytest.mark.parametrize("environment", [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "cp1252:strict"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": None},
])  # fmt: skip
def test_no_console_fails_for_a_character(environment):
    code = (
        "from audio_edu.exercises import check; print(check('01-1'), '\\u2192 \\u6570'); check('01-1', 'one')"
    )
    ran = python(code, **environment)
    assert ran.returncode == 0, ran.stderr
    assert rb"\u25cf" in ran.stdout and rb"\u2192 \u6570" in ran.stdout and b"quotes" in ran.stdout
    assert "●" in repr(check("01-1"))


def test_numba_compiles_where_nothing_can_be_written(tmp_path):
    code = (
        "import audio_edu, librosa, numba, numpy as np, os\n"
        "from audio_edu.generation.wavenet.linear_prediction import predict_next\n"
        "print(librosa.util.localmax(np.array([0., 1, 0])).sum(), predict_next(np.ones(2), np.ones(2)))\n"
        "print(os.environ['NUMBA_CACHE_DIR'])"
    )
    # as root the checkout can always be written: so Numba is told not to look there
    places = "UserProvidedCacheLocator,UserWideCacheLocator"
    blocked = tmp_path / "file"
    blocked.touch()
    ran = python(
        code, HOME=str(blocked), XDG_CACHE_HOME=None, NUMBA_CACHE_DIR=None, MPLCONFIGDIR=str(tmp_path),
        NUMBA_CACHE_LOCATOR_CLASSES=places,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr.decode()
    result, place = ran.stdout.decode().splitlines()
    assert result == "1 2.0" and not Path(place).exists()


def test_a_home_that_can_be_written_is_used(monkeypatch, tmp_path):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "not" / "yet"))
    _machine.settle()
    assert "NUMBA_CACHE_DIR" not in os.environ
