"""The measurements on privacy: ``python -m audio_edu.applications.inspect.privacy_experiments``.

``speakers``
    ``privacy_speakers.csv``: equal error rates of each feature: passages of five digits of the unseen voices
    of ``data/digits``, and, with ``--data``, of people (FSDD). Verifiers learn from the other voices.
``membership``
    ``privacy_membership.csv``: members and others drawn alike from the clips of the same voices.
``anonymize``
    ``privacy_anonymize.csv``: words that the CNN understands, and equal error rates of attackers.
``watermark``
    ``privacy_watermark.csv``: the test sentences of ``data/sentences``, unmarked, and some of them marked.
``laundering``
    ``privacy_laundering.csv``: the same, through the codec of chapter 16.
``likeness``
    ``privacy_likeness.csv``: how alike the prompts' voice, its synthetic copy and other voices are.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import librosa
import numpy as np
import scipy.signal

from ...datasets import Corpus, load_digits, load_fsdd, load_prompts, load_sentences
from ...generation.tacotron import load_tacotron
from ...generation.vocoder import load_vocoder
from ...generation.vocoder.generate import vocode
from ...metrics import accuracy_interval, bootstrap_interval, listener_scores, roc_auc, speaker_interval
from ...recognition import Augmentation, load_cnn
from ...recognition.cnn.family import FAMILY as CNN
from ...recognition.cnn.recipe import CnnRecipe
from ...recognition.ctc import load_ctc
from ...recognition.data import batches
from ...reproducible import SEED
from ...signal import mu_law_decode, mu_law_encode, snr_db
from ...training import checkpoint_dir, write_table
from ..codec import load_codec
from .anonymization import anonymize, shift_pitch
from .experiments import stored
from .membership import clip_losses, hits_at
from .speakers import (
    SPEAKER_FEATURES,
    Verifier,
    eer_interval,
    equal_error_rate,
    passages_of,
    speaker_features,
    trials,
)
from .watermark import Watermark

Row = dict[str, Any]
#: Passages of each voice: to learn from, and to hide. Clips in each half of the membership experiment, steps.
N_LEARN, N_ASKED, N_HIDE, N_HALF, N_STEPS = 3, 4, 2, 640, 300
#: Sentences that are marked, of which PESQ gets some; share of unmarked validation clips above the threshold.
N_MARKED, N_PESQ, FALSE_ALARMS = 28, 10, 0.005


def first(passages: tuple, n: int) -> tuple[list, np.ndarray, np.ndarray]:
    """Return the first `n` passages of each voice."""
    clips, speakers, voices = passages
    rank = [int((voices[:k] == voice).sum()) for k, voice in enumerate(voices)]
    rows = np.flatnonzero(np.array(rank) < n)
    return [clips[k] for k in rows], speakers[rows], voices[rows]


def half_of_the_voices(corpus: Corpus) -> tuple[list, np.ndarray, np.ndarray]:
    """Return `N_LEARN` passages of every second voice."""
    clips, speakers, voices = first(passages_of(corpus), N_LEARN)
    rows = np.flatnonzero(np.isin(voices, np.unique(voices)[::2]))
    return [clips[k] for k in rows], speakers[rows], voices[rows]


def networks() -> dict[str, Any]:
    """Return the network of each feature that has one."""
    return {"CNN": load_cnn(), "CTC": load_ctc(), "codec": load_codec()}


def rates(verifier: Verifier, a: np.ndarray, b: np.ndarray, speakers: Any, voices: Any) -> Row:
    """Return an equal error rate and its interval: enrolled by rows of `a`, asked with rows of `b`."""
    i, j, same = trials(speakers.tolist(), voices.tolist())
    scores = verifier.scores(a[i], b[j])
    low, high = eer_interval(scores, i, j, same, speakers.tolist())
    return {"eer": f"{equal_error_rate(scores, same)[0]:.3f}", "low": f"{low:.3f}", "high": f"{high:.3f}"}


# --- what a voice gives away -----------------------------------------------------------------------------


def speakers(data: Path | None) -> Iterator[Row]:
    """Yield a row for each feature and kind of voice; and one for the text-to-speech network's voices."""
    digits, models = load_digits(), networks()
    clips, _, names = half_of_the_voices(digits.development)
    asked = {"voices": first(passages_of(digits.test), N_ASKED)}
    if data:
        asked["people"] = first(passages_of(load_fsdd(data)), 8)
    for name in SPEAKER_FEATURES:
        n = len(clips) if name != "pitch" else N_LEARN  # of one number there is nothing to learn
        verifier = Verifier(speaker_features(name, clips[:n], models.get(name)), names[:n].tolist())
        for kind, (passages, who, voices) in asked.items():
            x = speaker_features(name, passages, models.get(name))
            yield {"asked": kind, "feature": name} | rates(verifier, x, x, who, voices)
    tts = load_tacotron("durations")
    table = np.asarray(tts.network.encoder.voices.embeddings)
    keep = [k for k, voice in enumerate(tts.voices) if "-" in voice]
    people = np.array([tts.voices[k].split("-")[0] for k in keep])
    z = table[keep] / np.linalg.norm(table[keep], axis=1, keepdims=True)
    i, j = np.triu_indices(len(keep), 1)
    same = people[i] == people[j]
    score = (z[i] * z[j]).sum(axis=1)
    low, high = eer_interval(score, i, j, same, people.tolist())
    eer = f"{equal_error_rate(score, same)[0]:.3f}"
    yield {"asked": "same person behind two voices", "feature": "TTS embedding"} | {
        "eer": eer, "low": f"{low:.3f}", "high": f"{high:.3f}",
    }  # fmt: skip


# --- membership ------------------------------------------------------------------------------------------


def trained(corpus: Corpus, n_steps: int, *, careful: bool) -> Any:
    """Return a small recogniser, trained with augmentation, dropout and smoothed labels, or without."""
    recipe = CnnRecipe(n_steps=n_steps, width=32, ema_decay=0.95)
    if not careful:
        nothing = {name: 0.0 for name, v in vars(Augmentation()).items() if isinstance(v, float)}
        plain = {"label_smoothing": 0.0, "dropout": 0.0, "weight_decay": 0.0}
        recipe = replace(recipe, augmentation=replace(Augmentation(), **nothing), **plain)
    facts = {"label_names": corpus.label_names, "sample_rate": corpus.sample_rate}
    model, batch = CNN.build(recipe, facts), batches(recipe, corpus)
    x, y = (None, None) if careful else (model.features(corpus.audio), np.eye(10)[corpus.labels])
    rng = np.random.default_rng(SEED)
    for step in range(n_steps):
        if careful:
            model.network.train_on_batch(*batch(step))
        else:
            rows = rng.choice(len(x), recipe.batch_size, replace=False)
            model.network.train_on_batch(x[rows], y[rows])
    model.network.optimizer.finalize_variable_values(model.network.trainable_variables)
    return model


def membership() -> Iterator[Row]:
    """Yield a row for each training and attack."""
    digits = load_digits()
    order = np.random.default_rng(SEED).permutation(len(digits.development))
    a, b, c = (digits.development.select(order[k * N_HALF : (k + 1) * N_HALF]) for k in range(3))
    asked: dict[str, tuple[list[np.ndarray], Row]] = {}
    for name, n_steps, careful in (
        ("5 epochs, no care", N_STEPS // 6, False),
        ("30 epochs, no care", N_STEPS, False),
        ("30 epochs, careful", N_STEPS, True),
    ):
        model = trained(a, n_steps, careful=careful)
        asked[name] = [clip_losses(model, part) for part in (a, b, digits.test)], accuracies(model, a, b)
        keras.backend.clear_session()
    reference = trained(c, N_STEPS, careful=False)
    hard = [clip_losses(reference, part) for part in (a, b)]
    for name, ((of_members, of_others, of_strangers), accuracy) in asked.items():
        for attack, yes, no in (
            ("loss: same voices", -of_members, -of_others),
            ("loss less that of another network", hard[0] - of_members, hard[1] - of_others),
            ("loss: members, other voices", -of_members, -of_strangers),
            ("no member at all: same, other voices", -of_others, -of_strangers),
        ):
            yield {"training": name, "attack": attack} | attacked(yes, no) | accuracy
    cnn, parts = load_cnn(), (digits.development, digits.test)
    shipped = [clip_losses(cnn, part) for part in parts]
    row = {"training": "shipped cnn", "attack": "loss: members, other voices"}
    yield row | attacked(-shipped[0], -shipped[1]) | accuracies(cnn, *parts)


def accuracies(model: Any, members: Corpus, others: Corpus) -> Row:
    """Return the share of words that are recognised, of members and of others."""
    right = [
        (model.probabilities(part.audio).argmax(axis=1) == part.labels).mean() for part in (members, others)
    ]
    return {"accuracy_members": f"{right[0]:.3f}", "accuracy_others": f"{right[1]:.3f}"}


def attacked(yes: np.ndarray, no: np.ndarray) -> Row:
    """Return how well scores of members and others are told apart."""
    rows = np.stack([np.append(yes, no), np.repeat([1.0, 0.0], [len(yes), len(no)])], axis=1)

    def auc(part: np.ndarray) -> float:
        return roc_auc(part[:, 1] > 0.5, part[:, 0])

    low, high = bootstrap_interval(auc, rows)
    found = hits_at(rows[:, 0], rows[:, 1] > 0.5)
    lowest, highest = accuracy_interval(round(found * len(yes)), len(yes))
    return {"auc": f"{auc(rows):.3f}", "low": f"{low:.3f}", "high": f"{high:.3f}",
            "hits_at_1_percent": f"{found:.3f}", "hits_low": f"{lowest:.3f}",
            "hits_high": f"{highest:.3f}"}  # fmt: skip


# --- anonymisation ---------------------------------------------------------------------------------------

WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "as it is": lambda x: x,
    "McAdams, α = 0.8": lambda x: anonymize(x, 8000, 0.8),
    "McAdams, α = 0.65": lambda x: anonymize(x, 8000, 0.65),
    "pitch and formants + 4 semitones": lambda x: shift_pitch(x, 8000, 4.0),
}


def hidden(data: Path | None) -> dict[str, tuple]:
    """Return the passages that are hidden, of voices and of people."""
    asked = {"voices": first(passages_of(load_digits().test), N_HIDE)}
    return asked | ({"people": first(passages_of(load_fsdd(data)), 8)} if data else {})


def anonymization(data: Path | None, judge: Callable | None = None) -> Iterator[Row]:
    """Yield a row for each way, kind of voice, and judge of voices."""
    cnn, models = load_cnn(), {"MFCC": None, "CNN": load_cnn()}
    learn, _, names = half_of_the_voices(load_digits().development)
    plain = {name: Verifier(speaker_features(name, learn, m), names.tolist()) for name, m in models.items()}
    for way, change in WAYS.items():
        for kind, (passages, who, voices) in hidden(data).items():
            made = [[change(x) for x in clip] for clip in passages]
            flat, there = [x for clip in made for x in clip], [x for clip in passages for x in clip]
            labels = labels_of(there, kind, data)
            right = (cnn.probabilities(flat).argmax(axis=1) == labels).astype(float)
            low, high = speaker_interval(right, np.repeat(voices, len(passages[0])))
            words = {"understood": f"{right.mean():.3f}", "understood_low": f"{low:.3f}",
                     "understood_high": f"{high:.3f}"}  # fmt: skip
            for name, m in models.items():
                before, after = (speaker_features(name, each, m) for each in (passages, made))
                for attacker, enrolled in (("ignorant", before), ("informed", after)):
                    row = {"way": way, "asked": kind, "judge": name, "attacker": attacker}
                    yield row | rates(plain[name], enrolled, after, who, voices) | words
            if judge:
                before, after = judge(passages), judge(made)
                i, j, same = trials(who.tolist(), voices.tolist())
                for attacker, enrolled in (("ignorant", before), ("informed", after)):
                    score = (enrolled[i] * after[j]).sum(axis=1)
                    low, high = eer_interval(score, i, j, same, who.tolist())
                    row = {"way": way, "asked": kind, "judge": "Resemblyzer", "attacker": attacker}
                    eer = f"{equal_error_rate(score, same)[0]:.3f}"
                    yield row | {"eer": eer, "low": f"{low:.3f}", "high": f"{high:.3f}"} | words


def labels_of(clips: list[np.ndarray], kind: str, data: Path | None) -> np.ndarray:
    """Return the digits of clips of a corpus."""
    corpus = load_digits().test if kind == "voices" or data is None else load_fsdd(data)
    digit = {x.tobytes(): label for x, label in zip(corpus.audio, corpus.labels, strict=True)}
    return np.array([digit[x.tobytes()] for x in clips])


# --- watermark -------------------------------------------------------------------------------------------


def noisy(x: np.ndarray, ratio_db: float) -> np.ndarray:
    """Add white noise."""
    noise = np.random.default_rng(len(x)).standard_normal(len(x))
    return x + noise * np.sqrt(np.mean(x**2)) * 10 ** (-ratio_db / 20)


#: What may happen to a marked sound.
CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "nothing": lambda x: x,
    "12 dB softer": lambda x: x / 4,
    "37 ms cut off": lambda x: x[296:],
    "MP3": lambda x: stored(x, "MP3", "MPEG_LAYER_III", 8000),
    "Opus": lambda x: stored(x, "OGG", "OPUS", 8000),
    "µ-law": lambda x: mu_law_decode(mu_law_encode(np.clip(x, -1, 1))),
    "noise, 20 dB": lambda x: noisy(x, 20),
    "noise, 10 dB": lambda x: noisy(x, 10),
    "at 6 kHz and back": lambda x: scipy.signal.resample_poly(scipy.signal.resample_poly(x, 3, 4), 4, 3),
    "2 % slower": lambda x: librosa.effects.time_stretch(x, rate=0.98, n_fft=512),
}


def watermark() -> Iterator[Row]:
    """Yield a row for each change, and rows of false alarms and of what the mark costs."""
    mark, threshold, clips = Watermark(key=SEED), detection_threshold(), list(load_sentences().test.audio)
    yield detected("unmarked", "nothing", clips, threshold)
    unmarked = clips[:: len(clips) // N_MARKED]
    marked = [mark.embed(x) for x in unmarked]
    for name, change in CHANGES.items():
        yield detected("marked", name, [change(x) for x in marked], threshold)
    weaker = [Watermark(SEED, 1.0).embed(x) for x in unmarked]
    yield detected("marked", "nothing, written with 1 dB", weaker, threshold)
    both = [(x, y) for x, y in zip(unmarked, marked, strict=True) if len(x) > 12000][:N_PESQ]
    for name, values in (
        ("SNR (dB)", [snr_db(x, y) for x, y in both]),
        ("PESQ", [listener_scores(x, y, 8000).get("pesq", np.nan) for x, y in both]),
    ):
        low, high = bootstrap_interval(np.mean, np.array(values))
        yield {"clips": "cost", "change": name, "n": len(both), "found": "", "low": f"{low:.2f}",
               "high": f"{high:.2f}", "median": f"{np.mean(values):.2f}",
               "threshold": f"{threshold:.2f}"}  # fmt: skip


def laundering() -> Iterator[Row]:
    """Yield the row of marked sentences that have been through chapter 16's codec."""
    codec, mark = load_codec(), Watermark(key=SEED)
    clips = [mark.embed(x) for x in load_sentences().test.audio[:: 252 // N_MARKED]]
    coded = [codec.decode(codec.encode(x, kbps=6)) for x in clips]
    yield detected("marked", "chapter 16's codec, 6 kbit/s", coded, detection_threshold())


def detection_threshold() -> float:
    """Return what `FALSE_ALARMS` of unmarked validation sentences exceed, asked with two keys."""
    clips = load_sentences().validation.audio
    found = [
        Watermark(key).detect(x) for key in (SEED, SEED + 1) for x in clips[key - SEED :: 1 + key - SEED]
    ]
    return float(np.quantile(found, 1 - FALSE_ALARMS))


def detected(kind: str, change: str, clips: list[np.ndarray], threshold: float) -> Row:
    """Return how many clips are called marked."""
    found = np.array([Watermark(SEED).detect(x) for x in clips])
    hits = int((found > threshold).sum())
    low, high = accuracy_interval(hits, len(found))
    return {"clips": kind, "change": change, "n": len(found), "found": hits, "low": f"{low:.3f}",
            "high": f"{high:.3f}", "median": f"{np.median(found):.2f}",
            "threshold": f"{threshold:.2f}"}  # fmt: skip


# --- a voice and its copy --------------------------------------------------------------------------------


def likeness(judge: Callable | None = None) -> Iterator[Row]:
    """Yield a row for each kind of pair: recordings of the prompts' voice against recordings and copies."""
    prompts, digits, sentences, tts = (
        load_prompts(),
        load_digits(),
        load_sentences(),
        load_tacotron("durations"),
    )
    learn, _, names = first(passages_of(digits.development), N_LEARN)
    long = prompts.test.select((prompts.test.info["kind"] == "prompt") & (prompts.test.lengths > 12000))
    half = len(long) // 2
    real = [[x] for x in long.audio]
    texts = list(sentences.test.targets.texts[:24])
    spoken = {
        voice: [[x] for x in vocode(load_vocoder(), [u.mel for u in tts.speak(texts, [voice] * 24)])]
        for voice in ("allison", "slt-00")
    }
    mels = [[x] for x in vocode_copies([x for (x,) in real[half:]])]
    judges: dict[str, Callable] = {}
    for name, model in (("MFCC", None), ("CTC", load_ctc())):
        verifier = Verifier(speaker_features(name, learn, model), names.tolist())
        judges[name] = lambda p, n=name, m=model, v=verifier: v.embed(speaker_features(n, p, m))
    if judge:
        judges["Resemblyzer"] = judge
    ked = sentences.test.select(sentences.test.voices == "dita-00")
    kinds = {
        "the same voice, other sentences": real[half:],
        "copied by the vocoder": mels,
        "the network speaking as her": spoken["allison"],
        "the network speaking as slt, another woman": spoken["slt-00"],
        "recordings of dita, another woman": [[x] for x in ked.audio],
    }
    for name, embed in judges.items():
        enrolled = embed(real[:half]).mean(axis=0)
        enrolled /= np.linalg.norm(enrolled)
        for kind, passages in kinds.items():
            cosines = embed(passages) @ enrolled
            low, high = bootstrap_interval(np.mean, cosines)
            yield {"judge": name, "pair": kind, "n": len(passages), "cosine": f"{cosines.mean():.3f}",
                   "low": f"{low:.3f}", "high": f"{high:.3f}"}  # fmt: skip


def vocode_copies(clips: list[np.ndarray]) -> list[np.ndarray]:
    """Return recordings as the vocoder makes them again of their mel frames."""
    from ...generation.mel import scaled_mel

    return vocode(load_vocoder(), [scaled_mel(x) for x in clips])


def resemblyzer_judge() -> Callable:
    """Return an outside judge: Resemblyzer's speaker embedding of each passage, of length 1."""
    import sys
    import types

    sys.modules.setdefault("webrtcvad", types.ModuleType("webrtcvad"))  # cuts silence; not used here
    from resemblyzer import VoiceEncoder

    encoder = VoiceEncoder("cpu", verbose=False)

    def embed(passages: list[list[np.ndarray]]) -> np.ndarray:
        rows = []
        for clips in passages:
            x = scipy.signal.resample_poly(np.concatenate(clips).astype(float), 2, 1)
            x = 0.05 * x / np.sqrt(np.mean(x**2))
            rows.append(encoder.embed_utterance(np.pad(x, (0, max(0, 27000 - len(x)))).astype(np.float32)))
        return np.array(rows)

    return embed


def said(rows: Iterator[Row]) -> Iterator[Row]:
    """Print rows as they come."""
    for row in rows:
        print(*row.values(), sep=",", flush=True)
        yield row


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parts = ("speakers", "membership", "anonymize", "watermark", "laundering", "likeness")
    parser.add_argument("what", nargs="+", choices=parts)
    parser.add_argument("--data", type=Path, help="FSDD, a folder or an archive")
    parser.add_argument("--resemblyzer", action="store_true", help="ask Resemblyzer, where it is installed")
    parser.add_argument("--out", type=Path, default=checkpoint_dir())
    args = parser.parse_args()
    judge = resemblyzer_judge() if args.resemblyzer else None
    for what in args.what:
        rows = {
            "speakers": lambda: speakers(args.data),
            "membership": membership,
            "anonymize": lambda: anonymization(args.data, judge),
            "watermark": watermark,
            "laundering": laundering,
            "likeness": lambda: likeness(judge),
        }[what]()
        write_table(args.out / f"privacy_{what}.csv", said(rows))


if __name__ == "__main__":
    main()
