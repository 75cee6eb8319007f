"""Measurements for chapter 17's tables: ``python -m audio_edu.applications.restoration.experiments WHAT``.

``denoise``, ``declip``, ``fill``
    ``restored_WHAT.csv``: a row for each passage of unseen speech, each condition and each system: SI-SDR,
    the SNR and the level of the samples that were not known; for a denoiser also PESQ and STOI (needs `pesq`
    and `pystoi`). ``declip`` and ``fill`` with ``--alone FILE``: also a network that does not ship, without
    the classical method before it, from ``audio-edu train WHAT --set guess=false --out FILE``.
``words``
    ``restored_words.csv``: the word errors of chapter 8's recogniser in noisy and in denoised sentences.
``band``
    ``restored_band.csv``: speech cut off at 4 kHz and extended to 8 kHz: how wrong the levels above are.
    Learned from the training voices of `data/scenes`, which has 16 kHz. With ``--data``: a real voice, sound
    files at 16 kHz of the prompts that Debian's `asterisk-core-sounds-en-g722` has.
``recordings``
    ``restored_recordings.csv``: recordings of the world, spoilt, and mended as by ``audio-edu restore``.
    Needs ``--data``: sound files, which stay where they are.
"""

import argparse
import functools
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets import load_scene_sources, load_sentences
from ...datasets.speech import LEVEL, level
from ...metrics import si_sdr_db
from ...metrics.sequences import word_edits
from ...recognition.changes import add_noise
from ...recognition.ctc import load_ctc
from ...signal import load_audio
from ...training import checkpoint_dir, write_table
from .bandwidth import band_levels, extend_band, fit_band_map, fit_band_network, level_errors, narrow
from .data import clip_to_snr, load_pairs
from .evaluate import Trial, rows, systems
from .family import load_restorer
from .recipe import TASKS
from .recordings import restore_recording

#: Passages of each kind.
N_PASSAGES = 12
#: Sentences that the recogniser hears; the longest part of a recording (s).
N_SENTENCES, MOST_S = 24, 2.0


def words() -> Iterator[dict[str, Any]]:
    """Yield for each sentence, noise and system the SI-SDR and the recogniser's errors."""
    test = load_sentences().test
    ctc, ways = load_ctc(), systems(load_restorer("denoise"))
    for i in np.linspace(0, len(test) - 1, N_SENTENCES).astype(int):
        x, rng = test.audio[i].astype(np.float32), np.random.default_rng(int(i))
        noisy = {f"white, {snr_db:.0f} dB": add_noise(x, snr_db, rng, color=0.0) for snr_db in (0.0, 5.0)}
        for condition, y in noisy.items():
            trial = Trial("voices", int(i), condition, 0.0, x, y, np.zeros(len(x), bool))
            for name, way in {"clean": lambda t: t.clean, **ways}.items():
                z = way(trial).astype(np.float32)
                text = ctc.transcribe(z)
                *errors, n_words = word_edits([test.targets.texts[i]], [text])[0].tolist()
                yield {
                    "condition": condition, "sentence": int(i), "voice": str(test.voices[i]), "system": name,
                    "si_sdr_db": si_sdr_db(x, z), "errors": sum(errors), "words": n_words,
                }  # fmt: skip


def band_ways(clips: Sequence[np.ndarray]) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Return what is compared, fitted on speech: from a narrow sound to a wider one."""
    levels = np.hstack([band_levels(x) for x in clips])
    constant, loudness = np.zeros((2, 8, 9))
    constant[:, -1] = levels[8:].mean(axis=1)
    slopes, loudness[:, -1] = np.polyfit(levels[:8].mean(axis=0), levels[8:].T, 1)
    loudness[:, :8] = slopes[:, None] / 8
    maps = {
        "folded": None,
        "mean level of each band": constant,
        "map from the mean level alone": loudness,
        "linear map": fit_band_map(clips),
        "network": fit_band_network(clips),
    }
    ways = {name: functools.partial(extend_band, band_map=found) for name, found in maps.items()}
    return {"nothing": lambda x: x, **ways}


def band(paths: list[Path]) -> Iterator[dict[str, Any]]:
    """Yield for each clip and way how wrong the upper bands are, and how loud those of an s (dB)."""
    scenes = load_scene_sources()
    speech = scenes.select(np.flatnonzero(scenes.info["kind"] == "speech"))
    ways = band_ways([x * (LEVEL / level(x)) for x in speech.train.audio])
    clips = [("unseen voices", str(v), x) for v, x in zip(speech.test.voices, speech.test.audio, strict=True)]
    clips += [("a real voice", path.stem, load_audio(path)[0]) for path in paths]
    for kind, name, x in clips:
        x = x * (LEVEL / level(x))
        spoken = band_levels(x)
        heard = spoken.max(axis=0) > spoken.max() - 40
        lower, upper = (np.sum(10 ** (part / 10), axis=0) for part in (spoken[:8], spoken[8:]))
        hissing = heard & (upper > 2 * lower)
        for way, extend in ways.items():
            y = extend(narrow(x))
            errors, made = level_errors(x, y)[8:, heard], np.sum(10 ** (band_levels(y)[8:] / 10), axis=0)
            row = {"kind": kind, "clip": name, "system": way}
            row |= {"distance_db": float(np.sqrt(np.mean(errors**2))), "hissing": int(hissing.sum())}
            louder = (made[hissing].sum() + 1e-12) / (upper[hissing].sum() + 1e-12)
            yield row | {"hissing_db": float(10 * np.log10(louder))}


def _sounds(paths: list[Path]) -> Iterator[tuple[str, np.ndarray, int]]:
    """Yield name, samples and rate: of an archive, a row of eight words of each speaker."""
    for path in paths:
        if path.suffix != ".zip":
            x, rate = load_audio(path)
            middle = max(0, len(x) // 2 - int(MOST_S * rate / 2))
            yield path.stem, x[middle : middle + int(MOST_S * rate)], rate
            continue
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            wavs = sorted(name for name in archive.namelist() if name.endswith(".wav"))
            for speaker in sorted({Path(name).stem.split("_")[1] for name in wavs}):
                chosen = [n for n in wavs if Path(n).stem.split("_")[1] == speaker]
                parts = [load_audio(archive.extract(n, folder)) for n in chosen[:: len(chosen) // 8][:8]]
                yield f"fsdd {speaker}", np.concatenate([x for x, _ in parts]), parts[0][1]


def recordings(paths: list[Path]) -> Iterator[dict[str, Any]]:
    """Yield for each recording, damage and method the SI-SDR before and after (dB)."""
    models = {task: load_restorer(task) for task in TASKS}
    for name, x, rate in _sounds(paths):
        x, rng = (0.5 * x / np.abs(x).max()).astype(np.float32), np.random.default_rng(17)
        damages = {("denoise", f"{snr:.0f} dB"): add_noise(x, snr, rng, color=0.0) for snr in (0.0, 10.0)}
        damages["declip", "10 dB"] = clip_to_snr(x, 10.0)[0]
        for ms in (10, 40):
            gap = np.arange(len(x)) % int(0.3 * rate) < ms * rate // 1000
            gap[: rate // 10] = gap[-rate // 10 :] = False
            damages["fill", f"{ms} ms"] = np.where(gap, 0, x)
        for (task, condition), y in damages.items():
            for model in (models[task],) if task == "denoise" else (None, models[task]):
                z, _ = restore_recording(y.astype(np.float32), rate, task, model)
                row = {"recording": name, "rate": rate, "seconds": round(len(x) / rate, 2), "task": task}
                row |= {"condition": condition, "method": "network" if model else "classical"}
                row |= {"before_db": si_sdr_db(x, y.astype(np.float32))}
                yield row | {"after_db": si_sdr_db(x, z.astype(np.float32))}


def main() -> None:
    """Write one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=(*TASKS, "words", "band", "recordings"))
    parser.add_argument("--out", type=Path, default=checkpoint_dir())
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--alone", type=Path, help="a network without the classical method before it")
    args = parser.parse_args()
    if args.what == "words":
        found = words()
    elif args.what in ("band", "recordings"):
        found = {"band": band, "recordings": recordings}[args.what](args.data)
    else:
        options = {"n_passages": N_PASSAGES, "listeners": args.what == "denoise"}
        alone = load_restorer(args.alone) if args.alone else None
        found = rows(load_restorer(args.what), load_pairs(), alone=alone, **options)
    table = ({k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()} for row in found)
    write_table(args.out / f"restored_{args.what}.csv", table)


if __name__ == "__main__":
    main()
