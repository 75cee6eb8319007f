"""What a codec learns from: a second of speech at a time, at random levels, speeds and depths."""

from dataclasses import dataclass, field

import numpy as np
import scipy.signal

from ..._validate import checked
from ...datasets import Corpus, load_digits, load_prompts, load_sentences
from ...datasets.targets import Transcripts
from .formulas import depths, vector_levels
from .recipe import N_STEP, CodecRecipe
from .transform import LEVEL

#: Share of the time that a training spends with each corpus.
SHARES = {"prompts": 0.5, "digits": 0.2, "sentences": 0.3}
#: Speeds at which half of the segments are played, in twentieths.
SPEEDS = (17, 18, 19, 21, 22, 23)


def load_speech() -> Corpus:
    """Load all speech at 8 kHz that ships: `load_prompts`, `load_digits`, `load_sentences`.

    Returns
    -------
    Corpus
        Clips with their text. ``info`` has the columns ``source``, which of the three it is from, and
        ``kind``: of a clip of ``prompts`` whether it is a ``prompt``, a ``number`` or a ``letter``.

    Examples
    --------
    >>> sorted(set(load_speech().info["source"].tolist()))
    ['digits', 'prompts', 'sentences']
    """
    parts = {"prompts": load_prompts(), "digits": load_digits(), "sentences": load_sentences()}
    names = parts["digits"].label_names
    texts = {
        name: [names[i] for i in part.labels] if name == "digits" else part.targets.texts
        for name, part in parts.items()
    }
    return Corpus(
        name="speech",
        audio=tuple(clip for part in parts.values() for clip in part.audio),
        targets=Transcripts(tuple(text for each in texts.values() for text in each)),
        voices=np.concatenate([part.voices for part in parts.values()]),
        split=np.concatenate([part.split for part in parts.values()]),
        sample_rate=8000,
        info={
            "source": np.concatenate([np.full(len(part), name) for name, part in parts.items()]),
            "kind": np.concatenate(
                [part.info.get("kind", np.full(len(part), "")) for part in parts.values()]
            ),
        },
        licence="; ".join(f"{name}: {part.licence}" for name, part in parts.items()),
    )


@checked
def level(x: np.ndarray) -> float:
    """Return the root mean square of a sound, or `LEVEL` if it is silent, so that it may be divided by."""
    rms = float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))
    return rms if rms > 1e-6 else LEVEL


@dataclass(frozen=True, eq=False)
class Batches:
    """The batch of any step, a pure function of the recipe's seed and the step.

    Parameters
    ----------
    recipe : CodecRecipe
        How.
    corpus : Corpus
        Clips; those that are too short for a segment are strung together.
    """

    recipe: CodecRecipe
    corpus: Corpus
    chances: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        lengths = self.corpus.lengths.astype(float)
        source = self.corpus.info.get("source", np.full(len(lengths), ""))
        chances = np.zeros(len(lengths))
        for name in np.unique(source):
            of_it = source == name
            chances[of_it] = SHARES.get(str(name), 1.0) * lengths[of_it] / lengths[of_it].sum()
        object.__setattr__(self, "chances", np.cumsum(chances / chances.sum()))

    def __call__(self, step: int) -> tuple[np.ndarray, ...]:
        """Return what `codec_step` is called with.

        Returns
        -------
        x : np.ndarray [shape=(batch_size, 128 n_vectors)], float32
            Speech.
        depth : np.ndarray [shape=(batch_size, n_vectors)], int32
            How many stages code each vector.
        draws : np.ndarray [shape=(n_stages, n_codes)], int32
            Which vector of the batch replaces which dead code.
        """
        recipe, rng = self.recipe, np.random.default_rng((self.recipe.seed, step))
        x = np.stack([self._segment(rng) for _ in range(recipe.batch_size)])
        # quiet moments get fewer stages, one for each so many dB; in a third of the segments all get the same
        quality = rng.uniform(1, recipe.n_stages + 3, (recipe.batch_size, 1))
        slope_db = rng.uniform(3, 8, (recipe.batch_size, 1))
        slope_db[rng.random(recipe.batch_size) < 1 / 3] = 1e9
        depth = depths(vector_levels(x), quality, slope_db, recipe.n_stages)
        n_vectors = recipe.batch_size * recipe.n_vectors
        draws = rng.integers(n_vectors, size=(recipe.n_stages, recipe.n_codes))
        return x, depth.astype(np.int32), draws.astype(np.int32)

    def _segment(self, rng: np.random.Generator) -> np.ndarray:
        """Draw clips one after the other until they fill a segment."""
        n = self.recipe.n_vectors * N_STEP
        speed = int(rng.choice(SPEEDS)) if rng.random() < 0.5 else 20
        wanted = n * speed // 20 + 40
        pieces, have = [], 0
        while have < wanted:
            clip = self.corpus.audio[
                min(int(np.searchsorted(self.chances, rng.random())), len(self.corpus) - 1)
            ]
            begin = int(rng.integers(max(1, clip.size - wanted // 2))) if not pieces else 0
            piece = clip[begin : begin + wanted - have] * np.float32(LEVEL / level(clip))
            pieces.append(piece)
            have += piece.size
        x = np.concatenate(pieces)
        if speed != 20:
            x = scipy.signal.resample_poly(x, 20, speed)
        gain = 10 ** (rng.uniform(-6, 6) / 20) * rng.choice((-1, 1))
        return (x[:n] * gain).astype(np.float32)
