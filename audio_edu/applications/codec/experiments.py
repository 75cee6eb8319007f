"""The measurements behind chapter 16's tables: ``python -m audio_edu.applications.codec.experiments``.

``codecs.csv`` has a row for each passage of unseen speech and each system: the kilobits a second of the file,
those without the container, PESQ, STOI, SI-SDR and the spectral loss. The passages are the test prompts (one
real voice; other prompts of hers were learned from) and sentences of the synthetic voices that were left out
of the training, strung together until each has 1.5 s. ``codec_opus.opus`` is the passage that the chapter
plays, by Opus. Needs `pesq` and `pystoi`, and ``opus-tools`` (``make tools``).
"""

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from ...datasets.speech import LEVEL, grouped_passages, load_speech
from ...signal import load_audio, mu_law_decode, mu_law_encode, save_audio
from ...training import checkpoint_dir, write_table
from .coding import _level
from .evaluate import scores
from .family import load_codec

N_STAGES = (1, 2, 3, 4, 6, 8, 12)
KBPS = (3, 6)
MU_LAW_BITS = (2, 3, 4, 8)
OPUS_KBPS = (6, 8)
#: Passages of each kind.
N_PASSAGES = 14
#: Of the prompts: the passage that the chapter plays.
PLAYED = 12


def by_opus(
    x: np.ndarray, sample_rate: int, kbps: int, keep: Path | None = None
) -> tuple[np.ndarray, int, int]:
    """Return what Opus makes of a sound, and its bits with and without the Ogg container."""
    with tempfile.TemporaryDirectory() as folder:
        wav, small, back = (Path(folder) / name for name in ("in.wav", "x.opus", "back.wav"))
        sf.write(wav, x, sample_rate, subtype="PCM_16")
        options = ["--quiet", "--speech", "--bitrate", str(kbps)]
        subprocess.run(["opusenc", *options, wav, small], check=True, capture_output=True)
        decode = ["opusdec", "--quiet", "--rate", str(sample_rate), small, back]
        subprocess.run(decode, check=True, capture_output=True)
        data = small.read_bytes()
        if keep:
            shutil.copy(small, keep)
        y, _ = load_audio(back)
    y = np.pad(y, (0, max(0, len(x) - len(y))))[: len(x)]
    return y, 8 * len(data), 8 * sum(_ogg_packets(data)[2:])


def _ogg_packets(data: bytes) -> list[int]:
    """Return the bytes of each packet of an Ogg stream."""
    sizes, size, at = [], 0, 0
    while at < len(data):
        lacing = data[at + 27 : at + 27 + data[at + 26]]
        for n in lacing:
            size += n
            if n < 255:
                sizes.append(size)
                size = 0
        at += 27 + len(lacing) + sum(lacing)
    return sizes


def systems(x: np.ndarray, model: Any) -> Iterator[tuple[str, str, np.ndarray, float, float]]:
    """Yield for each system its name, setting, sound, and bits with and without what is around the codes."""
    rate = model.sample_rate
    level, codes = model.analyse(x)
    for name, settings in (("n_stages", N_STAGES), ("kbps", KBPS)):
        for setting in settings:
            data = model.pack(len(x), level, codes, **{name: setting})
            y = model.decode(data)
            yield f"codec {name}", str(setting), y, 8 * len(data), 8 * (len(data) - 17)
    _, scale = _level(x, rate)
    y = model.sound(model.vectors(x / scale * LEVEL))[: len(x)] / LEVEL * scale
    yield "codec", "not quantised", y.astype(np.float32), np.nan, np.nan
    for bits in MU_LAW_BITS:
        y = mu_law_decode(mu_law_encode(x, 2**bits), 2**bits)
        yield "mu-law", str(bits), y, bits * len(x), bits * len(x)
    for kbps in OPUS_KBPS:
        yield "opus", str(kbps), *by_opus(x, rate, kbps)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.flac"
        save_audio(path, x, rate)
        n_bits = 8 * path.stat().st_size
    yield "flac", "", x, n_bits, n_bits


def codecs() -> Iterator[dict[str, Any]]:
    """Yield a row for each passage and system."""
    model, groups = load_codec(), grouped_passages(load_speech())
    for kind, parts in groups.items():
        chosen = np.unique(np.linspace(0, len(parts) - 1, N_PASSAGES).astype(int))
        for i in chosen:
            x, seconds = parts[i], len(parts[i]) / model.sample_rate
            for name, setting, y, n_bits, n_without in systems(x, model):
                found = scores(x, y, model.sample_rate)
                row = {"kind": kind, "passage": int(i), "system": name, "setting": setting}
                row |= {"kbps": n_bits / seconds / 1000, "kbps_without": n_without / seconds / 1000}
                yield {k: f"{v:.4f}" if isinstance(v, float) else v for k, v in (row | found).items()}


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=checkpoint_dir())
    out = parser.parse_args().out
    x = grouped_passages(load_speech())["prompts"][PLAYED]
    by_opus(x, 8000, 6, out / "codec_opus.opus")
    write_table(out / "codecs.csv", codecs())


if __name__ == "__main__":
    main()
