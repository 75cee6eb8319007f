"""What a WaveNet is asked to say, checked, as numbers: labels, voices, positions, and what conditions it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..._validate import check_choice, check_positive, check_range
from ...training import as_array
from .model import WaveNet


class Request:
    """Some words of one length, said at once.

    Parameters
    ----------
    model : WaveNet
        Who says them.
    n_samples : int
        Length of each clip.
    digits : sequence of int [shape=(n_clips,)]
        What to say.
    voices : sequence of str or None [shape=(n_clips,)], optional
        Who says it.
    n_words : sequence of int, "unknown" or None [shape=(n_clips,)], optional
        How long each word is.
    temperature, guidance : float
        See `generate`.
    seed : int
        Seed of the random numbers.

    Raises
    ------
    TypeError, ValueError
        If something is not known or not in its range.
    """

    def __init__(
        self,
        model: WaveNet,
        n_samples: int,
        digits: Sequence[int],
        voices: Sequence[str | None] | None = None,
        n_words: Sequence[int | str | None] | None = None,
        temperature: float = 1.0,
        guidance: float = 1.0,
        seed: int = 0,
    ):
        self.n_samples = int(check_positive(n_samples, "n_samples", integer=True))
        self.temperature = float(check_positive(temperature, "temperature"))
        self.guidance = float(check_range(guidance, "guidance", 0.0, 20.0))
        check_range(seed, "seed", 0, 2**63 - 1, integer=True)
        n_clips = len(digits)
        voices = [None] * n_clips if voices is None else list(voices)
        n_words = [None] * n_clips if n_words is None else list(n_words)
        if not n_clips or len(voices) != n_clips or len(n_words) != n_clips:
            raise ValueError(
                f"{n_clips} digits, {len(voices)} voices and {len(n_words)} n_words; expected as many of "
                "each, at least one."
            )
        for digit in digits:
            check_range(digit, "digit", 0, len(model.label_names) - 1, integer=True)
        self.digits = np.array(list(digits), np.int32)
        self.voices = np.array([model.voice_number(voice) for voice in voices], np.int32)
        lengths = [_word_length(model, *each) for each in zip(digits, voices, n_words, strict=True)]
        self.positions = np.stack([model.positions(n_samples, n) for n in lengths])
        self.uniform = np.stack(
            [np.random.default_rng((seed, b)).random(n_samples) for b in range(n_clips)], axis=1
        )

    def conditions(self, model: WaveNet) -> tuple[np.ndarray, np.ndarray]:
        """Return what conditions the gates of all layers, and what does if only the voice is known.

        The second is the mean over all labels, the position unknown. Both are float32 [shape=(n_clips,
        n_frames, n_out)]. It is what the layer `Condition` computes, but in double precision: rounded to
        float32 then, it is the same on every processor.
        """
        c = model.config
        of_label, of_voice, of_clock, *mix, kernel, bias, score = (
            as_array(w).astype(np.float64) for w in model.network.condition.weights
        )
        ticks = np.minimum(np.arange(self.positions.shape[1]), c.n_ticks - 1)
        voice_and_clock = (of_voice[self.voices] @ mix[1])[:, None] + of_clock[ticks] @ mix[2]

        def gates(labels: np.ndarray, positions: np.ndarray) -> np.ndarray:
            of_score = score[labels[:, None] * (c.n_positions + 2) + positions] * (positions > 0)[..., None]
            return np.tanh((of_label[labels] @ mix[0])[:, None] + voice_and_clock + of_score) @ kernel + bias

        unknown = np.zeros_like(self.positions)
        of_each = [gates(np.full_like(self.digits, label), unknown) for label in range(len(of_label))]
        conditional = gates(self.digits, self.positions)
        return conditional.astype(np.float32), np.mean(of_each, axis=0).astype(np.float32)


def _word_length(model: WaveNet, digit: int, voice: str | None, n_word: int | str | None) -> int | None:
    """Return how long a word is to be, None if that is unknown."""
    if isinstance(n_word, str):
        check_choice(n_word, "n_word", ["unknown"])
        return None
    return (
        model.word_length(digit, voice) if n_word is None else check_positive(n_word, "n_word", integer=True)
    )
