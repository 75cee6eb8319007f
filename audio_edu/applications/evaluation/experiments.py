"""The comparison in chapter 10: ``python -m audio_edu.applications.evaluation.experiments``.

``gan_vocoded.csv``: sounds of the pictures that the GAN paints, by its search for a phase (32 steps of
Griffin-Lim, as shipped) and by chapter 14's vocoder, which gets a mel spectrogram of the same pictures. A row
is ten words, *zero* to *nine*, in one voice, by one system:

* ``generated``: what the GAN paints of one z, the same for both systems;
* ``copy``: one take of the first test voice of each speaker of ``data/digits``, through pictures and back.

``griffin_lim+vocoder`` takes the mel spectrogram of the sound that Griffin-Lim found, ``vocoder, own mel``
that of the recording: what is lost there is the vocoder's, not the pictures'. Each word is scaled to a peak
of 0.9. Columns: how many of the ten words ``cnn`` understood; the edits that make *zero one ... nine* of what
``ctc`` writes, when it may write nothing but the ten words; DNSMOS; PESQ, of copies; seconds of the processor
for the ten, from the picture on. Needs `pesq` and `speechmos`.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ...datasets import load_digits
from ...datasets.digits import DIGIT_NAMES
from ...generation.gan import load_gan, words_that_fit
from ...generation.gan.vocoded import mels_of_magnitudes
from ...generation.mel import HOP_LENGTH, scaled_mel
from ...generation.vocoder import load_vocoder
from ...generation.vocoder.generate import vocode
from ...metrics import count_edits, listener_scores
from ...recognition import load_cnn
from ...recognition.ctc import Grammar, load_ctc
from ...training import checkpoint_dir, write_table
from .protocol import dnsmos
from .systems import join

#: Voices that are drawn, and the seed that draws them.
N_VOICES, SEED = 30, 40
#: DNSMOS hears these many samples once: the ten words, again and again.
N_DNSMOS = 72_100
#: By system: the ten sounds, and the seconds of the processor that they took.
Sounds = dict[str, tuple[list[np.ndarray], float | str]]


def sounds_of(pictures: np.ndarray, gan: Any, vocoder: Any) -> Sounds:
    """Return the sounds of pictures by both systems."""

    def timed(job: Callable[[], list[np.ndarray]]) -> tuple[list[np.ndarray], float]:
        start = time.process_time()
        return job(), round(time.process_time() - start, 3)

    return {
        "griffin_lim": timed(lambda: list(gan.transform.inverse_transform(pictures))),
        "vocoder": timed(lambda: vocode(vocoder, mels_of_magnitudes(gan.transform.magnitudes(pictures)))),
    }


def copies_of(clips: list[np.ndarray], gan: Any, vocoder: Any) -> Sounds:
    """Return copies of clips by all systems, and the clips."""
    found = sounds_of(gan.transform.transform(clips), gan, vocoder)
    for name, sources in {"griffin_lim+vocoder": found["griffin_lim"][0], "vocoder, own mel": clips}.items():
        mels = [scaled_mel(np.pad(x, (0, -len(x) % HOP_LENGTH))) for x in sources]
        found[name] = vocode(vocoder, mels), ""
    return {"recording": (clips, "")} | found


def rows(n_voices: int = N_VOICES) -> Iterator[dict[str, Any]]:
    """Yield a row for each voice and system."""
    gan, vocoder, cnn, ctc = load_gan(), load_vocoder(), load_cnn(), load_ctc()
    rate, words = gan.sample_rate, Grammar(DIGIT_NAMES)

    def judged(sounds: list[np.ndarray], real: list[np.ndarray]) -> dict[str, Any]:
        said = [x[: len(r)] for x, r in zip(sounds, real, strict=True)] if real else sounds
        said = [(0.9 * x / max(np.abs(x).max(), 1e-6)).astype(np.float32) for x in said]
        whole = join(said, rate)[0].astype(np.float32)
        found = {
            "cnn": int((cnn.probabilities(said).argmax(axis=1) == np.arange(10)).sum()),
            "ctc_edits": count_edits(DIGIT_NAMES, ctc.transcribe(whole, words).split()).n_errors,
            "dnsmos": round(dnsmos(np.resize(whole, N_DNSMOS), rate), 3),
            "pesq": "",
        }
        if real:
            found["pesq"] = round(listener_scores(join(real, rate)[0], whole, rate)["pesq"], 3)
        return found

    sounds_of(gan.generate_images([0], gan.noise(1)), gan, vocoder)  # compiles
    for i, z in enumerate(gan.noise(n_voices, seed=SEED)):
        pictures = gan.generate_images(list(range(10)), np.repeat(z[None], 10, axis=0))
        for system, (sounds, seconds) in sounds_of(pictures, gan, vocoder).items():
            row = {"kind": "generated", "voice": f"z{i}", "system": system}
            yield row | judged(sounds, []) | {"seconds": seconds}
    test = words_that_fit(load_digits().test)
    _, firsts = np.unique(test.info["speaker"], return_index=True)
    for voice in test.voices[np.sort(firsts)]:
        takes = [np.flatnonzero((test.voices == voice) & (test.labels == d))[0] for d in range(10)]
        clips = [test.audio[i] for i in takes]
        for system, (sounds, seconds) in copies_of(clips, gan, vocoder).items():
            row = {"kind": "copy", "voice": voice, "system": system}
            yield row | judged(sounds, clips) | {"seconds": seconds}


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=checkpoint_dir())
    parser.add_argument("--voices", type=int, default=N_VOICES)
    options = parser.parse_args()
    write_table(options.out / "gan_vocoded.csv", tqdm(rows(options.voices)))


if __name__ == "__main__":
    main()
