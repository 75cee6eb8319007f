"""What a restorer learns from: speech, spoilt on the fly, so that nothing is heard twice."""

from dataclasses import dataclass, field

import numpy as np
import scipy.signal

from ..._validate import checked
from ...datasets import Corpus, load_scene_sources, load_speech
from ...datasets.scenes import EFFECTS
from ...datasets.speech import Segments
from ...datasets.targets import Transcripts
from ...recognition.changes import add_noise
from ...signal import repair
from .formulas import declip_sparse
from .recipe import RestorationRecipe

#: How often the noise is white, coloured, and one of the effects.
NOISES = {"white": 0.3, "coloured": 0.35, "effect": 0.35}
#: Slopes of coloured noise, its power falls as ``f^(−slope)``; gaps (s) and clipping (dB) to learn from.
SLOPES, GAP_S, CLIP_DB = (-1.0, 2.5), (0.005, 0.08), (2.0, 22.0)


def load_pairs() -> Corpus:
    """Load all speech and all effects that ship, at 8 kHz: what is spoilt, and what by.

    Returns
    -------
    Corpus
        As `audio_edu.datasets.load_speech`, and the effects of `load_scene_sources`, whose
        ``source`` in ``info`` is ``effects``, and ``kind`` their tag. No effect is in two splits; of the
        voices that of the prompts alone.

    Examples
    --------
    >>> pairs = load_pairs()
    >>> sorted(set(pairs.info["source"].tolist()))
    ['digits', 'effects', 'prompts', 'sentences']
    """
    speech, scenes = load_speech(), load_scene_sources()
    noise = scenes.select(np.flatnonzero(np.isin(scenes.info["kind"], EFFECTS)))
    clips = tuple(scipy.signal.resample_poly(x, 1, 2).astype(np.float32) for x in noise.audio)
    return Corpus(
        name="pairs",
        audio=speech.audio + clips,
        targets=Transcripts(speech.targets.texts + ("",) * len(clips)),
        voices=np.concatenate([speech.voices, noise.voices]),
        split=np.concatenate([speech.split, noise.split]),
        sample_rate=speech.sample_rate,
        info={
            "source": np.concatenate([speech.info["source"], np.full(len(clips), "effects")]),
            "kind": np.concatenate([speech.info["kind"], noise.info["kind"]]),
        },
        licence=f"{speech.licence}; effects: {noise.licence}",
    )


@checked
def mixed(x: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Add noise [shape of x], `snr_db` below the sound in power; noise that is silent adds nothing.

    Examples
    --------
    >>> mixed(np.ones(3, np.float32), np.array([2.0, -2.0, 2.0], np.float32), 0.0).tolist()
    [2.0, 0.0, 2.0]
    """
    power = np.mean(np.square(noise, dtype=float))
    gain = np.sqrt(np.mean(np.square(x, dtype=float)) / power * 10 ** (-snr_db / 10)) if power > 1e-12 else 0
    return (x + np.float32(gain) * noise).astype(np.float32)


@checked
def cut_noise(clips: tuple, n_samples: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a clip, and so many samples of it from somewhere; one that is too short is repeated.

    Examples
    --------
    >>> cut_noise((np.arange(3.0),), 4, np.random.default_rng(0)).size
    4
    """
    clip = clips[int(rng.integers(len(clips)))]
    clip = np.tile(clip, -(-(n_samples + 1) // len(clip)))
    at = int(rng.integers(len(clip) - n_samples))
    return clip[at : at + n_samples]


@checked
def clip_to_snr(x: np.ndarray, snr_db: float) -> tuple[np.ndarray, float]:
    """Clip a sound at the level at which what is lost lies `snr_db` below it.

    Returns
    -------
    x : np.ndarray [shape=(n_samples,)]
        Clipped.
    level : float
        Where.

    Examples
    --------
    >>> x = np.sin(np.arange(8000) / 5)
    >>> y, level = clip_to_snr(x, 10.0)
    >>> round(float(10 * np.log10(np.mean(x**2) / np.mean((x - y) ** 2))), 1), round(level, 2)
    (10.0, 0.6)
    """
    magnitude = np.abs(x).astype(float)
    low, high, wanted = 0.0, float(magnitude.max()), np.sum(magnitude**2) * 10 ** (-snr_db / 10)
    for _ in range(30):
        middle = (low + high) / 2
        if np.sum(np.maximum(magnitude - middle, 0) ** 2) > wanted:
            low = middle
        else:
            high = middle
    return np.clip(x, -high, high), high


@checked
def first_guess(task: str, x: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return what a classical method makes of a sound: where a network that mends it may begin.

    Parameters
    ----------
    task : {"declip", "fill"}
        `declip_sparse` in short frames and few rounds, a fifth of the time of its default; `repair` with
        autoregression.
    x : np.ndarray [shape=(n_samples,)]
        A sound that was clipped, or has gaps.
    known : np.ndarray of bool [shape=(n_samples,)]
        True where a sample is as it should be.

    Examples
    --------
    >>> x = np.sin(np.arange(4000) / 5)
    >>> known = np.arange(4000) % 1000 != 500
    >>> bool(np.abs(first_guess("fill", x * known, known) - x).max() < 1e-3)
    True
    """
    lost = known == 0
    if not lost.any():
        return x
    if task == "fill":
        return repair(x, lost, method="ar")
    return declip_sparse(x, float(np.abs(x).max()), n_fft=256, n_rounds=40).astype(x.dtype)


@dataclass(frozen=True, eq=False)
class Batches:
    """The batch of any step, a pure function of the recipe's seed and the step.

    Parameters
    ----------
    recipe : RestorationRecipe
        How.
    corpus : Corpus
        See `load_pairs`. Where no clip is an effect, noise is white or coloured.
    """

    recipe: RestorationRecipe
    corpus: Corpus
    speech: Segments = field(init=False)
    noise: tuple[np.ndarray, ...] = field(init=False)

    def __post_init__(self) -> None:
        corpus = self.corpus
        is_noise = corpus.info.get("source", np.full(len(corpus), "")) == "effects"
        speech = corpus.select(np.flatnonzero(~is_noise))
        object.__setattr__(self, "speech", Segments(speech, self.recipe.n_samples))
        object.__setattr__(self, "noise", tuple(corpus.audio[i] for i in np.flatnonzero(is_noise)))

    def __call__(self, step: int) -> tuple[np.ndarray, ...]:
        """Return what `restoration_step` is called with.

        Returns
        -------
        clean, spoilt : np.ndarray [shape=(batch_size, n_samples)], float32
            Speech, and what became of it; with `guess`, what a classical method made of that.
        known : np.ndarray [shape=(batch_size, n_samples)], float32
            1 where a sample of `spoilt` is to be kept; 0 throughout for a denoiser.
        """
        rng = np.random.default_rng((self.recipe.seed, step))
        clean = np.stack([self.speech.draw(rng) for _ in range(self.recipe.batch_size)])
        rng = np.random.default_rng((self.recipe.seed, step, 17))
        spoil = {"denoise": self._noisy, "declip": self._clipped, "fill": self._gapped}[self.recipe.task]
        spoilt, known = zip(*(spoil(x, rng) for x in clean), strict=True)
        if self.recipe.guess:
            spoilt = [first_guess(self.recipe.task, y, k) for y, k in zip(spoilt, known, strict=True)]
        return clean, np.stack(spoilt).astype(np.float32), np.stack(known).astype(np.float32)

    def _noisy(self, x: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        snr_db = rng.uniform(*self.recipe.snr_db)
        kind = rng.choice(list(NOISES), p=list(NOISES.values()))
        if kind == "effect" and self.noise:
            y = mixed(x, cut_noise(self.noise, len(x), rng), snr_db)
        else:
            y = add_noise(x, snr_db, rng, color=0.0 if kind == "white" else float(rng.uniform(*SLOPES)))
        return y, np.zeros_like(x)

    def _clipped(self, x: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        y, level = clip_to_snr(x, float(rng.uniform(*CLIP_DB)))
        return y, np.abs(y) < level

    def _gapped(self, x: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        rate, known, at = self.corpus.sample_rate, np.ones(len(x), bool), 0
        while True:
            at += int(rng.uniform(0.05, 0.25) * rate)
            n = int(np.exp(rng.uniform(*np.log(GAP_S))) * rate)
            if at + n > len(x):
                return x * known, known
            known[at : at + n] = False
            at += n
