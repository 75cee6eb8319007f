"""Calls every public function with one bad argument after the other, and says how it answered.

The good calls come from the examples in the docstrings, and from `EXAMPLES` below for what has none: while
they run, the arguments that reach each public function are kept. Then one argument at a time is replaced, by
each of the `BAD` values and by each of the forms that mean the `same`. Run as a program it writes a line of
JSON for each call, before and after it: whoever reads along knows which one ended the process.
"""

from __future__ import annotations

import copy
import dataclasses
import doctest
import importlib
import inspect
import itertools
import json
import os
import pkgutil
import re
import resource
import signal
import subprocess
import sys
import time
import traceback
import types
import warnings
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import audio_edu

PACKAGE = Path(audio_edu.__file__).parent

#: Modules that are not about values: they read and write files (with attacks of their own), build networks of
#: tensors, train, or measure time.
LEFT_OUT = re.compile(
    r"(cli|bench|doctor|families|training|datasets|exercises\.measure_\d+|(recognition|applications)\.(\w+\.)?experiments|signal\.files"
    r"|applications\.codec\.(evaluate|transform)|applications\.compact\.wavenet_loop|layers\.spectra|generation\.(vocoder\.(evaluate|experiments)|tacotron\.experiments|music\.published)"
    r"|applications\.evaluation\.(protocol|systems)|applications\.restoration\.(evaluate|model)|applications\.features\.experiments"
    r"|applications\.inspect\.(\w+_)?experiments|applications\.distributed\.(training|processes|workers|pipes)"
    r"|.*\.(bench|family|layers|train_step|frontend|loop))(\.|$)"
)

#: What builds, trains or judges whole networks, or is called by others with what they have checked.
NOT_ATTACKED = re.compile(
    r".*\.(evaluate|Tagger(\.\w+)?|Codec(\.\w+)?|Restorer(\.\w+)?|RestorationNetwork|load_pairs|AnsReader(\.\w+)?|prepare|batches|Batches|train_toy|train_on_batch"
    r"|instrument_accuracy|sample_words|past_level|below_level"
    r"|word_embeddings|note_embeddings|sample_log_likelihoods|wavenet_bits|interpolation_report|Recognizer|Vae|Gan|WaveNet|Flow|Request(\.\w+)?|Options|PreparedNotes"
    r"|RecognizerRecipe|build_\w+|toy_\w+|attention_weights|from_keras|gradient_norms|generate_naive|mean_word_lengths"
    r"|ctc\.(data\.(Drawer|load_speech|strings_of_digits)|model\.ctc_loss|evaluate\.language_for|recognize\.Recognizer(\.\w+)?)"
    r"|tacotron\.(evaluate\.(?!mel_).+|model\.\w+|generate\..+|align\.(?!letter_ends).+|data\.(Spoken|collate|usable|to_align))"
    r"|vocoder\.(model\.Vocoder(\.\w+)?|formulas\.\w+_loss)|datasets\.speech\.(Segments(\.\w+)?|passages|grouped_passages)"
    r"|music\.(evaluate\.\w+|model\.\w+|generate\.(?!next_codes).+|tracks\.(?!to_grid|from_grid).+)"
    r"|music\.data\.(Piece|pieces|windows|vocabulary|melody_events|to_words|parts_of|to_c|to_context)"
    r"|inspect\.(saliency\.(saliency_map|test_curve)|counterfactual\.(?!step_).+)"
    r"|Form|Explorer|Trials|kl_divergence|(Judge|Optimizer)(\.\w+)?)"
)

#: Calls of what has no example in its docstring.
EXAMPLES = """
import sys
import numpy as np
from dataclasses import replace
from audio_edu import learning, plots, recognition, signal
from audio_edu.datasets import speech as speech_data
from audio_edu.applications.codec import formulas as of_codec, recipe as of_recipe
from audio_edu.applications.restoration import RestorationRecipe
from audio_edu.generation.tacotron import TacotronRecipe
from audio_edu.datasets import Corpus, Labels
from audio_edu.generation import flow, gan, vae, vocoder, wavenet
from audio_edu.generation.vocoder import generate as by_vocoder
from audio_edu.generation.flow import data as flow_data, evaluate as of_flow, formulas as flow_formulas
from audio_edu.generation.flow import generate as by_flow
from audio_edu.generation import music
from audio_edu.generation.gan import generate as of_gan, toy, transform
from audio_edu.generation.vae import evaluate as of_vae, features, formulas, generate as to_notes, instruments
from audio_edu.generation.wavenet import baselines, data, evaluate, generate as to_words, linear_prediction
from audio_edu.generation.wavenet.formulas import gated_residual
from audio_edu.metrics import classification, distributions
import audio_edu.recognition.tagging.features
import audio_edu.recognition.tagging.recipe
from audio_edu.recognition import tagging
from audio_edu.recognition.ctc import recipe as of_ctc
from audio_edu.recognition.attention.recipe import AttentionRecipe
from audio_edu.recognition.changes import mask_spectrograms
from audio_edu.recognition.data import mix_up
from audio_edu.recognition.rnn.recipe import RnnRecipe

rng = np.random.default_rng(0)
t = np.arange(2000) / 8000
clips = [np.sin(2 * np.pi * f * t).astype(np.float32) for f in (200, 300, 400, 500)]
labels = Labels([0, 1, 0, 1], ("low", "high"))
corpus = Corpus("four", tuple(clips), labels, list("abab"), ["train"] * 2 + ["test"] * 2, 8000)
digits = Labels([0, 1, 0, 1], tuple("0123456789"))

for optimizer in (learning.Momentum(0.1), learning.RMSprop(0.1), learning.Adam(0.1)):
    optimizer.step("w", np.ones(3), np.ones(3))
p = {"w": np.ones(2), "b": np.array(0.0)}
learning.amplifier(p, clips[0])
learning.amplifier_loss(p, clips[0], clips[1])
p = {"W": np.ones((2, 3)), "b": np.zeros(3), "v": np.ones(3), "c": np.array(0.0)}
learning.hidden_layer(p, np.ones((4, 2)))
learning.hidden_layer_loss(p, np.ones((4, 2)), np.zeros(4))

classification.majority_accuracy(corpus.train, corpus.test)
classification.svm_accuracy(corpus.train, corpus.test)
distributions.nearest_clips(corpus.test, corpus.train)
recognizer = recognition.load_cnn()
recognizer.features(clips)
recognizer.probabilities(clips)
reference = recognizer.embeddings(clips)
spoken = replace(corpus, targets=digits)
distributions.judge_clips(spoken, recognizer, reference)
distributions.trained_on(spoken, spoken, recognizer)
AttentionRecipe(n_steps=1)
RnnRecipe(n_steps=1)
of_recipe.CodecRecipe(n_steps=1)
RestorationRecipe(task="fill", n_steps=1)
TacotronRecipe(kind="attention", n_steps=1)
speech_data.level(clips[0])
of_codec.vector_levels(np.ones((2, 1280)))
tagging.recipe.TaggingRecipe(n_steps=1)
of_ctc.CTCRecipe(n_steps=1)
tagging.features.TagSettings(n_mels=20)
tagging.features.normalize(np.zeros((2, 5, 20)), tagging.features.TagSettings(n_mels=20))
mix_up(np.ones((2, 5, 3)), np.eye(2), 1.0, rng)
mask_spectrograms(np.zeros((2, 5, 4)), 0.5, rng)
signal.Room(0.5, (5.0, 4.0, 3.0))
_, ax = plots.figure()
plots.heatmap(np.ones((3, 4)), ax=ax, extent=(0.0, 1.0, 0.0, 1.0), limits=(0.0, 1.0))
plots.spectrogram(clips[0], 8000, ax=ax)

music.MusicRecipe(kind="melody", n_steps=1)
chain = music.MarkovChain([np.array([0, 1, 1])], 2)
chain.nats(np.array([0, 1, 0]))
music.average_counts([np.array([[104, 94, 88, 80], [108, 98, 92, 84]])])

model = gan.FAMILY.build(gan.TINY, {"label_names": list("0123456789"), "sample_rate": 8000})
of_gan.generate(model, of_gan.Options())
model.generate([7], n_iter=1)
model.generate_images([7], model.noise(1))
of_gan.generated_corpus(model, 2)
of_gan.as_words(np.stack(clips), labels, 8000)
images = transform.SpectrogramTransform.fit(corpus).transform(clips)
waves = transform.WaveformTransform()
waves.inverse_transform(waves.transform(clips))
gan.words_that_fit(corpus)
toy.real_notes(3, rng)
toy.note_pitch_hz(np.zeros((2, 2)))
toy.synthesize(np.zeros((2, 2)))
toy.mode_shares(np.zeros((2, 2)))

settings = vae.NoteSettings(
    sample_rate=8000, n_samples=2000, n_fft=512, hop_length=256, bands_per_octave=12, n_bands=60
)
features.band_filters(60.0, settings)
features.check_pitches([60, 61], 2)
pitches = [60.0, 62.0, 64.0, 65.0]
features.note_power(clips, pitches, settings)
pictures = features.note_features(clips, pitches, settings)
features.notes_from_features(pictures[:1], pitches[:1], settings)
formulas.elbo_by_hand(np.zeros(2), np.ones(2), np.zeros(3), np.zeros(3), 0.5)
settings.band_hz(60.0)
pca = vae.Pca.fit(pictures, 2)
vae.Pca(pca.mean, pca.directions, pca.variances, pca.rest)
coordinates = pca.transform(pictures)
pca.inverse_transform(coordinates)
pca.squared_distance(pictures, coordinates)
pca.sigma(1)
pca.log_likelihood(pictures, 1)
pca.reconstruct(pictures, 1)
pca.n_survivors(0.1)
found = instruments.Instruments.fit(("a", "b"), np.array([0, 0, 1, 1]), np.array(pitches), coordinates)
instruments.Instruments(found.names, found.curves, found.spreads, found.ranges)
found.range_of("a")
found.at("a", 61.0)
found.draw(rng, "a", np.array([61.0]), 0.5)
recipe = vae.VaeRecipe(n_steps=1, n_z=2, n_hidden=4, n_directions=2, settings=settings)
model = vae.FAMILY.build(recipe, {"label_names": ["a", "b"], "sample_rate": 8000})
model.pca, model.instruments = pca, found
model.encode(pictures, pitches)
model.posterior(coordinates, pitches)
model.decode(np.zeros(2), 60.0)
model.to_audio(np.zeros(2), 60.0)
model.elbo(pictures, pitches, n_draws=1)
of_vae.interpolate(model, pictures[:2], np.array(pitches[:2]), 3)
to_notes.generate(model, instrument="a", pitch=61.0)

gated_residual(np.ones((3, 2)), *np.ones((2, 2, 2, 2)), np.zeros(2), np.zeros(2), np.eye(2), np.zeros(2))
codes = signal.mu_law_encode(clips[0][:320])
baselines.unigram_bits([codes], [codes])
baselines.bigram_bits([codes], [codes])
linear_prediction.AdaptiveAR().bits(codes)
data.augment(clips[0], rng, max_samples=2000)
tiny = wavenet.WaveNetConfig(
    n_stacks=1, n_layers=2, n_residual=2, n_skip=2, n_head=2, n_taps=2, n_condition=2, n_positions=2
)
data.network_inputs(tiny, codes[None], np.array([0]), np.array([0]), np.zeros((1, 2), int))
facts = {"label_names": ["a", "b"], "voice_names": ["c"], "sample_rate": 8000}
model = wavenet.FAMILY.build(replace(wavenet.TINY, config=tiny, row_lengths=(8000,)), facts)
to_words.generate(model, 100, digit=1)
to_words.generate_batch(model, 100, digits=[1])
to_words.generate_digits(model, to_words.Options(digit=(1,), seconds=0.02))
to_words.cached_logits(model, codes, digit=1)
logits = to_words.teacher_forced_logits(model, codes, digit=1)
evaluate.code_costs(logits, codes)
model.voice_number("c")
model.word_length(1, "c")
model.positions(320, 320)
model.logits(codes[None], np.array([0]), np.array([0]), np.zeros((1, 2), int))

flow.FlowConfig(n_couplings=1)
flow.FlowRecipe(n_steps=1)
model = flow.FAMILY.build(flow.TINY, {"label_names": list("0123456789"), "sample_rate": 8000})
z, _ = model.transform(np.stack(clips)[:, :1920], np.zeros((4, 25, 10)))
model.inverse_transform(z, np.zeros((4, 25, 10)))
by_flow.vocode(model, [np.zeros((3, 10)), np.zeros((4, 10))])
by_flow.copy_clips(model, clips[:2])
by_flow.generate(model, by_flow.Options(digit=(1,)))
of_flow.flow_bits(model, clips[:1])
of_flow.griffin_lim_copies(model, clips[:1], 2)
of_flow.mel_error_db(model, clips[0], clips[1])
flow_data.code_widths(np.array([0.0, 0.5]))
flow_formulas.unsqueeze(np.ones((2, 3)))
flow_formulas.unmix(np.ones((2, 2)), np.array([[2.0, 1.0], [0.0, 1.0]]))
flow_formulas.uncouple(np.ones((2, 2)), lambda kept: (kept, kept), 1)

vocoder.VocoderRecipe(n_steps=1)
model = vocoder.FAMILY.build(vocoder.TINY, {"sample_rate": 8000})
by_vocoder.vocode(model, [np.zeros((3, 40))])
by_vocoder.copy_clips(model, clips[:2])
by_vocoder.generate(model, by_vocoder.Options())
"""

BAD = {
    "None": None, "True": True, "text": "x", "no text": "", "list": [], "texts": ["a"], "dict": {},
    "object": object(), "function": lambda *_: 0, "rows": [[1.0], [1.0, 2.0]],
    "0": 0, "-1": -1, "3": 3, "0.5": 0.5, "-0.5": -0.5, "1e300": 1e300, "-1e300": -1e300, "5e-324": 5e-324,
    "1e9": 10**9, "-1e9": -(10**9), "1e30": 10**30, "nan": np.nan, "inf": np.inf, "-inf": -np.inf, "1j": 1j,
    "1/3": Fraction(1, 3), "Decimal": Decimal("0.1"), "uint8": np.uint8(200), "int16": np.int16(-5),
    "float16": np.float16(0.1), "0-d": np.array(5.0),
    "none": np.zeros(0), "no rows": np.zeros((0, 3)), "five axes": np.zeros((2,) * 5), "zeros": np.zeros(4),
    "ones": np.ones((3, 3)), "NaNs": np.array([1.0, np.nan]), "infinities": np.array([1.0, np.inf]),
    "complex": np.array([1j, 2.0]), "objects": np.array([None, 1]), "words": np.array(["a", "b"]),
    "bytes": np.array([1, 255], np.uint8), "booleans": np.ones(5, bool), "1e12": np.array([10**12]),
    "negative": np.array([-1, -(10**6)]), "huge": np.full(400, 1e300), "date": np.array(["2020"], "M8[Y]"),
}  # fmt: skip
NOT_FINITE = {"nan", "inf", "-inf", "NaNs", "infinities"}


def same(value: Any) -> dict[str, Any]:
    """Return other forms of a value, each of which must give the same answer or be refused."""
    if isinstance(value, bool) or value is None:
        return {}
    if isinstance(value, int | np.integer):
        types = [t for t in (np.uint8, np.int16, np.int64) if np.iinfo(t).min <= value <= np.iinfo(t).max]
        return {f"same {t.__name__}": t(value) for t in types} | {"same Fraction": Fraction(int(value))}
    if isinstance(value, float):
        half = {"same float16": np.float16(value)} if float(np.float16(value)) == value else {}
        fraction = {"same Fraction": Fraction(value)} if np.isfinite(value) else {}
        return half | {"same float64": np.float64(value)} | fraction
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size and value.ndim:
        forms = {"same list": value.tolist(), "same reversed": value[::-1].copy()[::-1]}
        if value.dtype == np.float64:
            forms["same big-endian"] = value.astype(">f8")
        for kind in (np.float16, np.uint8, np.int16):
            with np.errstate(all="ignore"):
                if np.array_equal(value.astype(kind).astype(value.dtype), value):
                    forms[f"same {kind.__name__}"] = value.astype(kind)
        return forms
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.size:
        forms = {"same list": value.tolist()}
        if value.min() >= 0 and value.max() < 256:
            forms["same uint8"] = value.astype(np.uint8)
        return forms
    return {}


class Target(NamedTuple):
    """Something to call, and the name under which it is reported."""

    name: str
    call: Any
    code: types.CodeType


class TooLong(BaseException):
    """Raised where a call takes more than `SECONDS` of the processor's time."""


SECONDS = 5.0


def modules(only: str = "") -> list[types.ModuleType]:
    """Import all public modules but those left out."""
    found = [audio_edu.__name__]
    for each in pkgutil.walk_packages(audio_edu.__path__, "audio_edu."):
        short = each.name.removeprefix("audio_edu.")
        if not re.search(r"\._", each.name) and not LEFT_OUT.match(short) and re.search(only, short):
            found.append(each.name)
    return [importlib.import_module(name) for name in found]


def targets(only: str) -> dict[types.CodeType, Target]:
    """Return the public functions, constructors and methods of the package, by their code."""
    found = {}

    def add(name: str, function: Any, call: Any) -> None:
        function = inspect.unwrap(function)
        if not inspect.isfunction(function) or hasattr(call, "py_func"):  # what Numba compiles has no frames
            return
        if set(inspect.signature(function).parameters) - {"self", "cls"} and not NOT_ATTACKED.fullmatch(name):
            found[function.__code__] = Target(name, call, function.__code__)

    for module in modules(only):
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", "") != module.__name__:
                continue
            full = f"{module.__name__.removeprefix('audio_edu.')}.{name}"
            if not inspect.isclass(value):
                add(full, value, value)
                continue
            if any(base.__module__.startswith("keras") for base in value.__mro__):
                continue  # made of tensors
            if "__init__" in vars(value):
                add(full, value.__init__, value)
            for method, how in vars(value).items():
                if not method.startswith("_") and isinstance(how, types.FunctionType | classmethod):
                    add(f"{full}.{method}", getattr(how, "__func__", how), method)
    return found


def record(only: str) -> dict[str, tuple[Target, dict[str, Any]]]:
    """Run the examples; return each target that they reach with the arguments of its first call."""
    by_code, calls, direct = targets(only), {}, set()

    def watch(frame: types.FrameType, event: str, _: Any) -> None:
        if event != "call" or frame.f_code not in by_code:
            return
        target, caller = by_code[frame.f_code], frame.f_back
        while caller and caller.f_code.co_filename.endswith("_validate.py"):
            caller = caller.f_back
        from_example = caller is not None and caller.f_code.co_filename.startswith("<doctest")
        if target.name in direct or (target.name in calls and not from_example):
            return
        if from_example:
            direct.add(target.name)
        n = frame.f_code.co_argcount + frame.f_code.co_kwonlyargcount
        names = frame.f_code.co_varnames[: n + 2]
        flags = frame.f_code.co_flags
        extra = [("*", 0x04), ("**", 0x08)]
        labels = list(names[:n]) + [mark for mark, flag in extra if flags & flag]
        sys.setprofile(None)
        values = [frame.f_locals[name] for name in names[: len(labels)]]
        calls[target.name] = (
            target,
            {
                label: duplicate(value)
                for label, value in zip(labels, values, strict=True)
                if value is not dataclasses._HAS_DEFAULT_FACTORY
            },
        )
        sys.setprofile(watch)

    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(verbose=False)
    for module in modules(only):
        for test in finder.find(module):
            sys.setprofile(watch)
            runner.run(
                test, out=lambda text: None, clear_globs=False
            )  # another test tells whether they are right
            sys.setprofile(None)
    example = compile(EXAMPLES, "<doctest more>", "exec")
    sys.setprofile(watch)
    try:
        exec(example, {})
    finally:
        sys.setprofile(None)
    return calls


def duplicate(value: Any) -> Any:
    """Copy a value, if that is possible at all."""
    if type(value).__module__.startswith(("keras", "matplotlib")):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def perform(target: Target, arguments: dict[str, Any]) -> Any:
    """Call a target with copies of some arguments."""
    arguments = {name: duplicate(value) for name, value in arguments.items()}
    more, options = arguments.pop("*", ()), arguments.pop("**", {})
    call = target.call
    if "self" in arguments or "cls" in arguments:
        owner = arguments.pop("self", None) if "self" in arguments else arguments.pop("cls")
        if isinstance(call, str):
            call = getattr(owner, call)
    if more:
        positional = [arguments.pop(name) for name in list(arguments)]
        return used(call(*positional, *more, **options))
    return used(call(**arguments, **options))


def used(value: Any) -> Any:
    """Take the first three values of an iterator."""
    return list(itertools.islice(value, 3)) if inspect.isgenerator(value) else value


def numbers(value: Any, depth: int = 0) -> list[np.ndarray]:
    """Return all numbers that a result holds."""
    if isinstance(value, np.ndarray | np.generic | float | int | complex):
        value = np.asarray(value)
        return [value] if value.dtype.kind in "fciub" else []
    if depth > 4:
        return []
    if isinstance(value, dict):
        value = list(value.values())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = list(vars(value).values())
    if isinstance(value, list | tuple):
        return [each for part in value for each in numbers(part, depth + 1)]
    return []


def judge(target: Target, arguments: dict[str, Any], name: str, form: str, good: Any) -> tuple[str, str]:
    """Say how a call was answered: right, clear, unclear, NaN, wrong or hang; and with which words."""
    start = time.process_time()
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS, SECONDS)
        try:
            result = perform(target, arguments)
            words = repr(result)[:100]
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except TooLong:
        return "hang", ""
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        named = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", str(error))
        ours = last.filename.startswith(str(PACKAGE))
        plain = isinstance(error, ValueError | TypeError | LookupError | FileNotFoundError)
        return ("clear" if named and ours and plain else "unclear"), f"{type(error).__name__}: {error}"[:300]
    if time.process_time() - start > SECONDS:
        return "hang", ""
    found = numbers(result)
    if any(np.isnan(each).any() for each in found if each.dtype.kind in "fc"):
        return ("unclear" if form in NOT_FINITE else "NaN"), words
    if form.startswith("same "):
        wanted = numbers(good)
        alike = len(wanted) == len(found) and all(
            a.shape == b.shape and np.allclose(a, b, rtol=1e-3, atol=1e-3 * np.abs(a).max(initial=0.01))
            for a, b in zip(wanted, found, strict=True)
        )
        return ("right", "") if alike else ("wrong", f"{words} for {repr(good)[:100]}")
    return "right", words


def attacks(calls: dict[str, Any], every: int) -> Any:
    """Yield (target, arguments, name, form), every so-many-th of them."""
    number = 0
    for _, (target, arguments) in sorted(calls.items()):
        for name in arguments:
            if name in ("self", "cls", "*", "**"):
                continue
            for form, value in (BAD | same(arguments[name])).items():
                number += 1
                if number % every == 0:
                    yield target, {**arguments, name: value}, name, form


def main(every: int, skip: int, only: str) -> None:
    """Attack; write a line before each call (its number and what it is) and one after it."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where LAPACK complains
    calls = {name: call for name, call in record(only).items() if re.search(only, name)}

    def say(what: Any) -> None:
        lines.write(json.dumps(what) + "\n")
        lines.flush()

    say({"attacked": sorted(calls), "public": sorted(t.name for t in targets(only).values())})

    def too_long(*_: Any) -> None:
        raise TooLong

    signal.signal(signal.SIGPROF, too_long)
    used_now = int(re.search(r"VmData:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (used_now + 2**31,) * 2)
    good: dict[str, Any] = {}
    for number, (target, arguments, name, form) in enumerate(attacks(calls, every)):
        if number < skip:
            continue
        if target.name not in good:
            try:
                good[target.name] = perform(*calls[target.name])
            except Exception as error:
                good[target.name] = f"{type(error).__name__}: {error}"
        say([number, target.name, name, form])
        say(judge(target, arguments, name, form, good[target.name]))


def run(every: int = 1, only: str = "") -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """Attack in a process of its own, and in another where that dies; return all answers."""
    answers, skip, known = [], 0, {}
    while True:
        command = [sys.executable, __file__, str(every), str(skip), only]
        done = subprocess.run(command, capture_output=True, text=True)
        first, *lines = done.stdout.splitlines() or ["{}"]
        known = known or json.loads(first)
        for call, answer in itertools.zip_longest(lines[::2], lines[1::2]):
            number, target, name, form = json.loads(call)
            answer, words = (
                json.loads(answer) if answer else ("death", f"{done.returncode} {done.stderr[-300:]}")
            )
            answers.append(
                {"target": target, "argument": name, "form": form, "answer": answer, "words": words}
            )
        if done.returncode == 0:
            return answers, known
        if not lines or len(lines) % 2 == 0:
            raise RuntimeError(done.stderr[-3000:])
        skip = number + 1


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
