"""All speech at 8 kHz that ships: drawn in segments to learn from, strung together in passages to judge."""

from collections.abc import Sequence

import numpy as np
import scipy.signal

from .._validate import checked
from .corpus import Corpus
from .digits import load_digits
from .prompts import load_prompts
from .sentences import load_sentences
from .targets import Transcripts

#: The root mean square that clips are brought to.
LEVEL = 0.1
#: Share of the time that a training spends with each corpus.
SHARES = {"prompts": 0.5, "digits": 0.2, "sentences": 0.3}
#: Speeds at which half of the segments are played, in twentieths.
SPEEDS = (17, 18, 19, 21, 22, 23)
#: Seconds that a passage has at least: measures of quality fail on less.
LEAST_S = 1.5


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


class Segments:
    """Segments of a corpus's clips, at random levels and speeds.

    Parameters
    ----------
    corpus : Corpus
        Clips; those that are too short for a segment are strung together.
    n_samples : int
        Samples of a segment.
    """

    def __init__(self, corpus: Corpus, n_samples: int):
        self.corpus, self.n_samples = corpus, n_samples
        lengths = corpus.lengths.astype(float)
        source = corpus.info.get("source", np.full(len(lengths), ""))
        chances = np.zeros(len(lengths))
        for name in np.unique(source):
            of_it = source == name
            chances[of_it] = SHARES.get(str(name), 1.0) * lengths[of_it] / lengths[of_it].sum()
        self._chances = np.cumsum(chances / chances.sum())

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Draw clips one after the other until they fill a segment [shape=(n_samples,)], float32."""
        n = self.n_samples
        speed = int(rng.choice(SPEEDS)) if rng.random() < 0.5 else 20
        wanted = n * speed // 20 + 40
        pieces, have = [], 0
        while have < wanted:
            clip = self.corpus.audio[
                min(int(np.searchsorted(self._chances, rng.random())), len(self.corpus) - 1)
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


def passages(clips: Sequence[np.ndarray], sample_rate: int) -> list[np.ndarray]:
    """Return clips, strung together until each has at least 1.5 s; the last ones go to the last passage."""
    found: list[np.ndarray] = []
    rest: list[np.ndarray] = []
    for clip in clips:
        rest.append(clip)
        if sum(map(len, rest)) >= LEAST_S * sample_rate:
            found.append(np.concatenate(rest))
            rest = []
    if rest:
        found[-1:] = [np.concatenate([*found[-1:], *rest])]
    return found


def grouped_passages(corpus: Corpus, split: str = "test") -> dict[str, list[np.ndarray]]:
    """Return passages by kind: ``prompts``, the real voice, and ``voices``, synthetic ones.

    Of the prompts only whole ones count, no letters and single words; of the synthetic voices the sentences.
    Of another corpus all clips are ``voices``.
    """
    corpus = corpus.part(split)
    source = corpus.info.get("source", np.full(len(corpus), "sentences"))
    kind = corpus.info.get("kind", np.full(len(corpus), ""))
    rows = {
        "prompts": np.flatnonzero((source == "prompts") & (kind == "prompt")),
        "voices": np.flatnonzero(source == "sentences"),
    }
    found = {}
    for name, chosen in rows.items():
        by_voice = [
            [i for i in chosen if corpus.voices[i] == v] for v in dict.fromkeys(corpus.voices[chosen])
        ]
        found[name] = [
            p for group in by_voice for p in passages([corpus.audio[i] for i in group], corpus.sample_rate)
        ]
    return {name: parts for name, parts in found.items() if parts}
