"""What a trained one is for: samples in, text out, and when each word was said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from scipy.special import log_softmax

from ..._validate import Size, check_audio, check_range, checked
from ...training import Trained
from ..changes import warp_tract
from ..features import log_mel_frames
from .features import below_level, normalize, past_level
from .formulas import BLANK, SYMBOLS, collapse, decode, encode, force_align, greedy_decode
from .language import Grammar, beam_search_words
from .model import CONTEXT, STEP
from .recipe import CTCRecipe

#: Longer recordings are read in pieces (s), cut where they are softest between these.
PIECE_S, SHORTEST_PIECE_S = 6.0, 3.0
#: Silence that is put before and behind a recording (s): in training there was some, and letters may be
#: written a little before their sound, or after it. Chosen on validation clips.
SILENCE_S = 0.4
#: A word begins so long before its first letter is written, and ends so long after its last one (s), unless
#: a neighbour is nearer: the medians in rows of digits of the validation voices.
LEAD_S, TAIL_S = 0.18, 0.08
#: Lengths of the vocal tract that may be tried, against the speaker's own; see `warp_tract`.
TRACTS = (0.88, 0.94, 1.0, 1.06, 1.12)


@checked
@dataclass(frozen=True)
class Word:
    """A word, and when it is said (s).

    Examples
    --------
    >>> Word(0.5, 0.8, "seven").text
    'seven'
    """

    start_s: float
    end_s: float
    text: str


class Recognizer(Trained):
    """A network that writes.

    Parameters
    ----------
    recipe : CTCRecipe
        How it was made.
    facts : mapping
        ``label_names``, the symbols, and ``sample_rate``.
    network : keras.Model
        From frames to logits.
    """

    def __init__(self, recipe: CTCRecipe, facts: Mapping[str, Any], network: keras.Model):
        super().__init__(recipe, facts, {"network": network})
        self.network = network

    @property
    def frame_s(self) -> float:
        """Seconds between two frames of letters."""
        return STEP * self.recipe.settings.hop_length / self.sample_rate

    def log_probabilities(self, x: np.ndarray, *, tracts: Sequence[float] = (1.0,)) -> np.ndarray:
        """Return the logarithm of the probability of each symbol in each 20 ms of a recording.

        Parameters
        ----------
        x : np.ndarray [shape=(n_samples,)]
            Samples at the network's rate, any level, some seconds.
        tracts : sequence of float
            Vocal tract length normalization (Lee and Rose, 1996): read the recording as if the speaker's
            vocal tract were longer or shorter by each of these factors, for example `TRACTS`. That reading
            counts in which the network is surest of its symbols on average.

        Returns
        -------
        np.ndarray [shape=(n_frames, n_symbols)]
            Natural logarithms; the first symbol is the blank. `SILENCE_S` before the recording and behind it
            belong to it: `times` says when each frame is.
        """
        x = check_audio(x, "x").astype(np.float32)
        s, hop, n_around = self.recipe.settings, STEP * self.recipe.settings.hop_length, self._n_around
        n = -(-len(x) // hop) + 2 * n_around
        n_padded = -(-n // 32) * 32  # few lengths, so that few are compiled
        padded = np.pad(x, (n_around * hop, (n_padded - n_around) * hop - len(x)))
        mel_db = log_mel_frames(padded[None], s)[:, : STEP * n_padded]
        check_range(len(tracts), "the number of tracts", 1, 100, integer=True)
        for factor in tracts:
            check_range(factor, "tracts", 0.5, 2.0)
        if (factors := np.array(tracts, float)[:, None]).tolist() != [[1.0]]:
            mel_db = warp_tract(np.repeat(mel_db, len(factors), axis=0), factors, self.sample_rate)
        logits = self.network.predict_on_batch(normalize(mel_db, s))[:, :n]
        log_p = log_softmax(logits, axis=-1)
        return log_p[log_p.max(axis=-1).mean(axis=-1).argmax()]

    @property
    def _n_around(self) -> int:
        return round(SILENCE_S / self.frame_s)

    def times(self, log_p: np.ndarray) -> np.ndarray:
        """Return when each frame of `log_probabilities` is (s), from the beginning of the recording."""
        return (np.arange(len(log_p)) - self._n_around) * self.frame_s

    def pieces(self, x: np.ndarray) -> list[tuple[int, int]]:
        """Cut a recording into pieces of 3 to 6 s, where it is softest; each begins at a whole frame."""
        hop = STEP * self.recipe.settings.hop_length
        n = -(-len(x) // hop)
        power = np.square(np.pad(x, (0, n * hop - len(x))), dtype=np.float64).reshape(n, hop).mean(1)
        soft = np.convolve(power, np.ones(9) / 9, "same")  # over 0.18 s
        most, least = round(PIECE_S / self.frame_s), round(SHORTEST_PIECE_S / self.frame_s)
        cuts = [0]
        while n - cuts[-1] > most:
            low = cuts[-1] + least
            cuts.append(low + int(np.argmin(soft[low : cuts[-1] + most])))
        return [(a * hop, min(b * hop, len(x))) for a, b in zip(cuts, [*cuts[1:], n], strict=True)]

    def transcribe(
        self,
        x: np.ndarray,
        language: Grammar | None = None,
        *,
        width: Size = 16,
        tracts: Sequence[float] = (1.0,),
    ) -> str:
        """Return what is said.

        Parameters
        ----------
        x : np.ndarray [shape=(n_samples,)]
            Samples at the network's rate.
        language : optional
            What may be said, and how likely it is; see `audio_edu.recognition.ctc.language`. Default: any
            letters, the most probable symbol of each frame (greedy).
        width : int
            How many beginnings are kept, with a language.
        tracts : sequence of float
            See `log_probabilities`; each piece of a long recording has its own.
        """
        return " ".join(filter(None, (text for *_, text in self._texts(x, language, width, tracts))))

    def _texts(
        self, x: np.ndarray, language: Grammar | None, width: int, tracts: Sequence[float]
    ) -> Iterator[tuple[float, np.ndarray, str]]:
        x = check_audio(x, "x").astype(np.float32)
        for start, end in self.pieces(x):
            log_p = self.log_probabilities(x[start:end], tracts=tracts)
            if language is None:
                text = decode(greedy_decode(log_p))
            else:
                text = beam_search_words(log_p, SYMBOLS, language, width=width)
            yield start / self.sample_rate, log_p, " ".join(text.split())

    def words(
        self,
        x: np.ndarray,
        language: Grammar | None = None,
        *,
        width: Size = 16,
        tracts: Sequence[float] = (1.0,),
    ) -> list[Word]:
        """Return what is said, word by word; arguments are those of `transcribe`."""
        found: list[Word] = []
        for start_s, log_p, text in self._texts(x, language, width, tracts):
            found += self._timed(log_p, text, start_s, len(x) / self.sample_rate)
        return found

    def align(self, x: np.ndarray, text: str) -> list[Word]:
        """Return when each word of a known text is said (forced alignment).

        Raises
        ------
        ValueError
            If the text has other characters than the network's, or is too long for the recording.
        """
        log_p = self.log_probabilities(x)
        return self._timed(log_p, " ".join(text.split()), 0.0, len(x) / self.sample_rate)

    def _timed(self, log_p: np.ndarray, text: str, offset_s: float, last_s: float) -> list[Word]:
        if not text:
            return []
        path, when = force_align(log_p, encode(text)), offset_s + self.times(log_p)
        first, last, at = [], [], 0
        for word in text.split():
            of_word = when[(path >= at) & (path < at + len(word))]
            first.append(of_word[0])
            last.append(of_word[-1] + self.frame_s)
            at += len(word) + 1
        starts = np.maximum(np.array(first) - LEAD_S, [0.0, *last[:-1]])
        ends = np.minimum(np.array(last) + TAIL_S, [*starts[1:], last_s])
        return [
            Word(round(float(start), 3), round(float(max(start, end)), 3), word)
            for start, end, word in zip(starts, ends, text.split(), strict=True)
        ]

    def stream(self, chunks: Iterable[np.ndarray]) -> Iterator[str]:
        """Write while somebody speaks: take samples as they come, yield the text so far.

        The result is that of `log_probabilities` on all of it in one piece, without the silence before it:
        the convolutions remember the last frames, the recurrent layers their state.

        Parameters
        ----------
        chunks : iterable of np.ndarray [shape=(n_samples_i,)]
            Samples at the network's rate, in pieces of any length.

        Raises
        ------
        ValueError
            If the network sees the future.
        """
        if not self.recipe.causal:
            raise ValueError(f"{self.card.get('name', 'this network')} sees the future; use a causal one.")
        text, last = "", BLANK
        for log_p in _Stream(self).feed(chunks):
            path = [last, *log_p.argmax(axis=1).tolist()]
            # what the frame before these has written is there already
            text, last = text + decode(collapse(path)[int(last != BLANK) :]), path[-1]
            yield text


class _Stream:
    """The state of a causal network between two pieces of sound."""

    def __init__(self, model: Recognizer):
        self.settings, network = model.recipe.settings, model.network
        self.memories = [network.get_layer(f"memory{i}") for i in range(model.recipe.n_layers)]
        inputs = keras.Input((None, self.settings.n_mels))
        states = [keras.Input((memory.units,)) for memory in self.memories]
        x = inputs
        outputs = []
        for layer in network.layers[1:]:
            if layer.name == "around" or isinstance(layer, keras.layers.Dropout):
                continue
            if layer in self.memories:
                x = layer(x, initial_state=states[self.memories.index(layer)])
                outputs.append(x[:, -1])
            else:
                x = layer(x)
        self.network = keras.Model([inputs, *states], [x, *outputs])

    def feed(self, chunks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield for each piece the logarithms of the probabilities of the frames that it completes.

        Nothing grows: of the samples those are kept that the next frames need, and one level.
        """
        s = self.settings
        states = [np.zeros((1, memory.units), np.float32) for memory in self.memories]
        context = np.zeros((1, CONTEXT, s.n_mels), np.float32)
        n_before = -(-(s.n_fft // 2) // s.hop_length)  # frames that only fill up half a window
        heard = np.zeros(n_before * s.hop_length, np.float32)
        level, n_yielded = -np.inf, 0
        for chunk in chunks:
            heard = np.concatenate([heard, check_audio(chunk, "chunk").astype(np.float32)])
            # a frame is known when half a window after its middle has been heard
            n_new = max(0, (len(heard) - s.n_fft // 2) // s.hop_length - n_before) // STEP * STEP
            log_p = np.zeros((0, len(SYMBOLS)), np.float32)
            if n_new:
                mel_db = log_mel_frames(heard[None], s)[:, n_before : n_before + n_new]
                levels = past_level(mel_db, s, level)
                level = float(levels[0, -1])
                context = np.concatenate([context, below_level(mel_db, levels, s)], axis=1)
                logits, *states = self.network.predict_on_batch([context, *states])
                context, heard = context[:, -CONTEXT:], heard[n_new * s.hop_length :]
                log_p = log_softmax(logits[0], axis=-1)
                n_yielded += n_new
            if n_yielded:
                yield log_p
