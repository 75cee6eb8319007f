"""The measurements on privacy: ``python -m audio_edu.applications.inspect.privacy_experiments``.

``speakers``
    ``privacy_speakers.csv``: equal error rates of each feature: passages of five digits of the unseen voices
    of ``data/digits``, and, with ``--data``, of people (FSDD). Verifiers learn from the other voices.
``membership``
    ``privacy_membership.csv``: members and others drawn alike from the clips of the same voices.
``anonymize``
    ``privacy_anonymize.csv``: words that the CNN understands, and equal error rates of attackers.
``watermark``
    ``privacy_watermark.csv``: the test sentences of ``data/sentences``, unmarked, and some of them marked;
    the same with their texts, spoken by the network of chapter 14.
``likeness``
    ``privacy_likeness.csv``: how alike the prompts' voice, its synthetic copy and other voices are.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import scipy.signal
from librosa.effects import pitch_shift, time_stretch

from ...datasets import Corpus, load_digits, load_fsdd, load_prompts, load_sentences
from ...generation.mel import scaled_mel
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
from ..evaluation.degrade import add_noise
from .anonymization import anonymize
from .experiments import Row, scored, stored
from .speaker_experiments import (
    SPEAKER_FEATURES,
    Passages,
    passages_of,
    rates,
    speaker_features,
    verifier,
)
from .speakers import error_rates
from .watermark import Watermark

#: Passages of each voice to learn from, to ask, and to hide; of each person.
N_LEARN, N_ASKED, N_HIDE, N_PERSON = 3, 4, 2, 8
#: Clips in each half of the membership experiment; steps of its trainings.
N_HALF, N_STEPS = 640, 300
#: Sentences that are marked, recorded and spoken by a network, and those that PESQ gets; share of unmarked
#: validation clips above the threshold.
N_MARKED, N_SPOKEN, N_PESQ, FALSE_ALARMS = 28, 84, 10, 0.005


def to_learn() -> Passages:
    """Return passages of every second voice that the verifiers may learn from."""
    corpus = load_digits().development
    return passages_of(corpus, N_LEARN, of=np.unique(corpus.voices)[::2].tolist())


def to_ask(n: int, data: Path | None) -> dict[str, tuple[Corpus, Passages]]:
    """Return `n` passages of each unseen voice and, if FSDD is there, some of people."""
    corpora = {"voices": (load_digits().test, n)} | ({"people": (load_fsdd(data), N_PERSON)} if data else {})
    return {kind: (corpus, passages_of(corpus, most)) for kind, (corpus, most) in corpora.items()}


# --- what a voice gives away -----------------------------------------------------------------------------


def speakers(data: Path | None) -> Iterator[Row]:
    """Yield a row for each feature and kind of voice; and one for the text-to-speech network's voices."""
    models = {"CNN": load_cnn(), "CTC": load_ctc(), "codec": load_codec()}
    clips, _, names = to_learn()
    for name in SPEAKER_FEATURES:
        n = len(clips) if name != "pitch" else N_LEARN  # of one number there is nothing to learn
        embed = verifier(speaker_features(name, clips[:n], models.get(name)), names[:n]).transform
        for kind, (_, (passages, who, voices)) in to_ask(N_ASKED, data).items():
            z = embed(speaker_features(name, passages, models.get(name)))
            yield {"asked": kind, "feature": name} | rates(z, z, who, voices)
    tts = load_tacotron("durations")
    keep = [k for k, voice in enumerate(tts.voices) if "-" in voice]
    people = np.array([tts.voices[k].split("-")[0] for k in keep])
    z = np.asarray(tts.network.encoder.voices.embeddings)[keep]
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    row = {"asked": "same person behind two voices", "feature": "TTS embedding"}
    yield row | rates(z, z, people, people)


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
    if not careful:
        x, y, rng = model.features(corpus.audio), np.eye(10)[corpus.labels], np.random.default_rng(SEED)
    for step in range(n_steps):
        if careful:
            model.network.train_on_batch(*batch(step))
        else:
            rows = rng.choice(len(x), recipe.batch_size, replace=False)
            model.network.train_on_batch(x[rows], y[rows])
    model.network.optimizer.finalize_variable_values(model.network.trainable_variables)
    return model


def losses(model: Any, corpus: Corpus) -> tuple[np.ndarray, float]:
    """Return −log p(label | clip) of each clip (nats), and the share of clips that are recognised."""
    p, labels = np.asarray(model.probabilities(corpus.audio), float), corpus.labels
    loss = -np.log(np.clip(p[np.arange(len(p)), labels], 1e-12, 1.0))
    return loss, float((p.argmax(axis=1) == labels).mean())


def hits_at(scores: np.ndarray, members: np.ndarray, false_alarms: float = 0.01) -> float:
    """Return the share of members that are found by the lowest threshold with no more false alarms."""
    _, alarms, misses = error_rates(scores, members)
    return float(1 - misses[alarms <= false_alarms].min())


def attacked(yes: np.ndarray, no: np.ndarray, accuracies: tuple[float, float]) -> Row:
    """Return how well scores of members and others are told apart, and how many of both are recognised."""
    rows = np.stack([np.append(yes, no), np.repeat([1.0, 0.0], [len(yes), len(no)])], axis=1)

    def auc(part: np.ndarray) -> float:
        return roc_auc(part[:, 1] > 0.5, part[:, 0])

    found = hits_at(rows[:, 0], rows[:, 1] > 0.5)
    lowest, highest = accuracy_interval(round(found * len(yes)), len(yes))
    more = {"hits_at_1_percent": found, "hits_low": lowest, "hits_high": highest}
    more |= dict(zip(("accuracy_members", "accuracy_others"), accuracies, strict=True))
    return scored("auc", auc(rows), bootstrap_interval(auc, rows), 3) | {
        key: f"{value:.3f}" for key, value in more.items()
    }


def membership() -> Iterator[Row]:
    """Yield a row for each training and attack: a recording counts as a member if its loss is low.

    References: Yeom and others (2018), the loss alone; Carlini and others (2022), few false alarms.
    """
    digits = load_digits()
    order = np.random.default_rng(SEED).permutation(len(digits.development))
    a, b, c = (digits.development.select(order[k * N_HALF : (k + 1) * N_HALF]) for k in range(3))
    found = {}
    for name, n_steps, careful in (
        ("5 epochs, no care", N_STEPS // 6, False),
        ("30 epochs, no care", N_STEPS, False),
        ("30 epochs, careful", N_STEPS, True),
    ):
        model = trained(a, n_steps, careful=careful)
        found[name] = [losses(model, part) for part in (a, b, digits.test)]
        keras.backend.clear_session()
    reference = trained(c, N_STEPS, careful=False)
    hard = [losses(reference, part)[0] for part in (a, b)]
    for name, ((members, right), (others, too), (strangers, _)) in found.items():
        for attack, yes, no in (
            ("loss: same voices", -members, -others),
            ("loss less that of another network", hard[0] - members, hard[1] - others),
            ("loss: members, other voices", -members, -strangers),
            ("no member at all: same, other voices", -others, -strangers),
        ):
            yield {"training": name, "attack": attack} | attacked(yes, no, (right, too))
    (members, right), (others, too) = (losses(load_cnn(), part) for part in (digits.development, digits.test))
    row = {"training": "shipped cnn", "attack": "loss: members, other voices"}
    yield row | attacked(-members, -others, (right, too))


# --- anonymisation ---------------------------------------------------------------------------------------

WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "as it is": lambda x: x,
    "McAdams, α = 0.8": partial(anonymize, sample_rate=8000, alpha=0.8),
    "McAdams, α = 0.65": partial(anonymize, sample_rate=8000, alpha=0.65),
    # played faster and stretched back to the old length: both move
    "pitch and formants + 4 semitones": partial(pitch_shift, sr=8000, n_steps=4.0, n_fft=512),
}


def anonymization(data: Path | None) -> Iterator[Row]:
    """Yield a row for each way, kind of voice, judge of voices and attacker.

    The *ignorant* attacker compares natural recordings with hidden ones, the *informed* one hides his, too,
    and the *retrained* one also learned to compare from hidden recordings, of other voices (by MFCC, the
    better judge).
    """
    cnn = load_cnn()
    learn, _, names = to_learn()
    features = {
        "MFCC": lambda p: speaker_features("MFCC", p),
        "CNN": lambda p: speaker_features("CNN", p, cnn),
    }
    plain = {name: verifier(f(learn), names).transform for name, f in features.items()}
    for way, change in WAYS.items():
        again = verifier(features["MFCC"]([[change(x) for x in clips] for clips in learn]), names).transform
        for kind, (corpus, (passages, who, voices)) in to_ask(N_HIDE, data).items():
            made = [[change(x) for x in clips] for clips in passages]
            digit = {x.tobytes(): label for x, label in zip(corpus.audio, corpus.labels, strict=True)}
            labels = [digit[x.tobytes()] for clips in passages for x in clips]
            heard = cnn.probabilities([x for clips in made for x in clips]).argmax(axis=1)
            right = (heard == labels).astype(float)
            low_high = speaker_interval(right, np.repeat(voices, len(passages[0])))
            words = scored("understood", right.mean(), low_high, 3, "understood_")
            for name, f in features.items():
                before, after = f(passages), f(made)
                z = plain[name](after)
                attackers = {"ignorant": (plain[name](before), z), "informed": (z, z)}
                if name == "MFCC":
                    attackers["retrained"] = (again(after),) * 2
                for attacker, (enrolled, asked) in attackers.items():
                    row = {"way": way, "asked": kind, "judge": name, "attacker": attacker}
                    yield row | rates(enrolled, asked, who, voices) | words


# --- watermark -------------------------------------------------------------------------------------------

#: What may happen to a marked sound.
CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "nothing": lambda x: x,
    "12 dB softer": lambda x: x / 4,
    "37 ms cut off": lambda x: x[296:],
    "MP3": lambda x: stored(x, "MP3", "MPEG_LAYER_III", 8000),
    "Opus": lambda x: stored(x, "OGG", "OPUS", 8000),
    "µ-law": lambda x: mu_law_decode(mu_law_encode(np.clip(x, -1, 1))),
    "noise, 20 dB": lambda x: add_noise(x, 20.0, seed=len(x)),
    "noise, 10 dB": lambda x: add_noise(x, 10.0, seed=len(x)),
    "at 6 kHz and back": lambda x: scipy.signal.resample_poly(scipy.signal.resample_poly(x, 3, 4), 4, 3),
    "2 % slower": partial(time_stretch, rate=0.98, n_fft=512),
}


def watermark() -> Iterator[Row]:
    """Yield a row for each change, and rows of false alarms and of what the mark costs."""
    test = load_sentences().test
    mark, threshold, clips = Watermark(key=SEED), detection_threshold(), list(test.audio)
    yield detected("unmarked", "nothing", clips, threshold)
    unmarked = clips[:: len(clips) // N_MARKED]
    marked = [mark.embed(x) for x in unmarked]
    for name, change in CHANGES.items():
        yield detected("marked", name, [change(x) for x in marked], threshold)
    weaker = [Watermark(SEED, 1.0).embed(x) for x in unmarked]
    yield detected("marked", "nothing, written with 1 dB", weaker, threshold)
    codec = load_codec()
    coded = [codec.decode(codec.encode(x, kbps=6)) for x in marked]
    yield detected("marked", "chapter 16's codec, 6 kbit/s", coded, threshold)
    yield from watermark_of_speech(mark, list(test.targets.texts), threshold)
    both = [(x, y) for x, y in zip(unmarked, marked, strict=True) if len(x) > 12000][:N_PESQ]
    for name, values in (
        ("SNR (dB)", [snr_db(x, y) for x, y in both]),
        ("PESQ", [listener_scores(x, y, 8000).get("pesq", np.nan) for x, y in both]),
    ):
        low_high = bootstrap_interval(np.mean, np.array(values))
        yield result("cost", name, len(both), "", low_high, np.mean(values), threshold, 2)


def watermark_of_speech(mark: Watermark, texts: list[str], threshold: float) -> Iterator[Row]:
    """Yield false alarms and hits on texts that the network of chapter 14 speaks, one voice after another."""
    voices = load_tacotron("durations").voices
    clips = spoken(texts, [voices[k % len(voices)] for k in range(len(texts))])
    yield detected("generated, unmarked", "nothing", clips, threshold)
    marked = [mark.embed(x) for x in clips[:: len(clips) // N_SPOKEN]]
    for name in ("nothing", "MP3", "noise, 20 dB", "noise, 10 dB"):
        yield detected("generated, marked", name, [CHANGES[name](x) for x in marked], threshold)


def spoken(texts: Sequence[str], voices: Sequence[str]) -> list[np.ndarray]:
    """Return texts as sounds: chapter 14's network, then its vocoder."""
    return vocode(load_vocoder(), [u.mel for u in load_tacotron("durations").speak(texts, voices)])


def result(kind: str, change: str, n: int, found: Any, low_high: Sequence[float], median: float,
           threshold: float, digits: int = 3) -> Row:  # fmt: skip
    """Return a row of the watermark's table."""
    interval = {name: f"{v:.{digits}f}" for name, v in zip(("low", "high"), low_high, strict=True)}
    row = {"clips": kind, "change": change, "n": n, "found": found} | interval
    return row | {"median": f"{median:.2f}", "threshold": f"{threshold:.2f}"}


def detection_threshold() -> float:
    """Return what `FALSE_ALARMS` of unmarked validation sentences exceed, asked with two keys."""
    clips = load_sentences().validation.audio
    found = [Watermark(SEED + k).detect(x) for k in (0, 1) for x in clips[k :: 1 + k]]
    return float(np.quantile(found, 1 - FALSE_ALARMS))


def detected(kind: str, change: str, clips: list[np.ndarray], threshold: float) -> Row:
    """Return how many clips are called marked."""
    found = np.array([Watermark(SEED).detect(x) for x in clips])
    hits = int((found > threshold).sum())
    interval = accuracy_interval(hits, len(found))
    return result(kind, change, len(found), hits, interval, np.median(found), threshold)


# --- a voice and its copy --------------------------------------------------------------------------------


def likeness(judge: Callable | None = None) -> Iterator[Row]:
    """Yield a row for each kind of pair: recordings of the prompts' voice against recordings and copies."""
    prompts, sentences = load_prompts().test, load_sentences().test
    learn, _, names = passages_of(load_digits().development, N_LEARN)
    long = prompts.select((prompts.info["kind"] == "prompt") & (prompts.lengths > 12000)).audio
    hers, others = long[: len(long) // 2], long[len(long) // 2 :]
    texts = list(sentences.targets.texts[:24])
    kinds = {
        "the same voice, other sentences": others,
        "copied by the vocoder": vocode(load_vocoder(), [scaled_mel(x) for x in others]),
        "the network speaking as her": spoken(texts, ["allison"] * len(texts)),
        "the network speaking as slt, another woman": spoken(texts, ["slt-00"] * len(texts)),
        "recordings of dita, another woman": sentences.select(sentences.voices == "dita-00").audio,
    }
    judges: dict[str, Callable] = {}
    for name, model in (("MFCC", None), ("CTC", load_ctc())):
        embed = verifier(speaker_features(name, learn, model), names).transform
        judges[name] = lambda p, n=name, m=model, e=embed: e(speaker_features(n, p, m))
    for name, embed in (judges | ({"Resemblyzer": judge} if judge else {})).items():
        enrolled = embed([[x] for x in hers]).mean(axis=0)
        enrolled /= np.linalg.norm(enrolled)
        for kind, clips in kinds.items():
            cosines = embed([[x] for x in clips]) @ enrolled
            row = {"judge": name, "pair": kind, "n": len(clips)}
            yield row | scored("cosine", cosines.mean(), bootstrap_interval(np.mean, cosines), 3)


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


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    jobs = {
        "speakers": lambda: speakers(args.data),
        "membership": membership,
        "anonymize": lambda: anonymization(args.data),
        "watermark": watermark,
        "likeness": lambda: likeness(judge),
    }
    parser.add_argument("what", nargs="+", choices=list(jobs))
    parser.add_argument("--data", type=Path, help="FSDD, a folder or an archive")
    parser.add_argument("--resemblyzer", action="store_true", help="ask Resemblyzer how alike voices are")
    parser.add_argument("--out", type=Path, default=checkpoint_dir())
    args = parser.parse_args()
    judge = resemblyzer_judge() if args.resemblyzer else None
    for what in args.what:
        write_table(args.out / f"privacy_{what}.csv", jobs[what]())


if __name__ == "__main__":
    main()
