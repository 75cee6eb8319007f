"""What a trained network is for: a text in, frames out, and how it read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ..._validate import check_choice, checked
from ...signal import mel_to_audio
from ...training import TrainedAlone, as_array, option
from ..mel import HOP_LENGTH, N_FFT, N_MELS, mel_decibels
from ..vocoder import load_vocoder
from ..vocoder.generate import vocode
from .data import N_LETTERS, spread
from .model import N_END, SILENCE, DurationsNetwork, TacotronNetwork
from .recipe import TacotronRecipe
from .text import SYMBOLS, to_symbols, to_words

#: How long a letter may take on average before writing is broken off, and what comes on top (s).
MOST_PER_LETTER_S, MOST_MORE_S = 0.24, 0.8
#: The voice that speaks where nobody else is asked for, and iterations of Griffin-Lim.
VOICE, N_ITER = "slt-00", 60
#: Texts that are read at once.
N_AT_ONCE = 16

Speed, Window = Annotated[float, (0.1, 10.0)], Annotated[int, (0, 10_000)]


@dataclass(frozen=True, eq=False)
class Utterance:
    """What a network made of a text.

    Parameters
    ----------
    text : str
        What was read, in words.
    mel : np.ndarray [shape=(n_frames, N_MELS)]
        From which a vocoder makes sound: `audio_edu.generation.mel`.
    alignment : np.ndarray [shape=(n_groups, n_letters)]
        How much each group of frames has to do with each letter; the last letter is the end of the text.
    stopped : bool
        Whether the network ended by itself.
    """

    text: str
    mel: np.ndarray
    alignment: np.ndarray
    stopped: bool


class _Speaker(TrainedAlone):
    """A network that speaks with the voices that it knows."""

    @property
    def voices(self) -> tuple[str, ...]:
        """The names of the voices."""
        return tuple(self.facts["voices"])

    def _rows(
        self, texts: Sequence[str], voices: Sequence[str], phones: bool = False
    ) -> tuple[list[str], np.ndarray, np.ndarray]:
        if len(texts) != len(voices) or not texts:
            raise ValueError(f"there are {len(texts)} texts and {len(voices)} voices; expected one for each.")
        for voice in voices:
            check_choice(str(voice), "voice", self.voices)
        words = [to_words(text) for text in texts]
        if (phones or "{" in "".join(words)) and len(self.facts["label_names"]) == len(SYMBOLS):
            raise ValueError(
                "this network has learned letters alone; write words in letters, or take one that has "
                "learned phones: durations_phones."
            )
        rows = [to_symbols(text, phones) for text in words]
        n = -(-max(map(len, rows)) // N_LETTERS) * N_LETTERS
        letters = np.zeros((len(rows), n), np.int32)
        for row, symbols in zip(letters, rows, strict=True):
            row[: len(symbols)] = symbols
        return words, letters, np.array([self.voices.index(voice) for voice in voices], np.int32)


class Tacotron(_Speaker):
    """A network that speaks, group after group, and attends to the letters."""

    def __init__(self, recipe: TacotronRecipe, facts: Mapping[str, Any]):
        network = TacotronNetwork(recipe, len(facts["label_names"]), len(facts["voices"]))
        n, r = N_LETTERS, recipe.reduction
        frames = np.zeros((1, (2 + N_END) * r, N_MELS), np.float32)
        one = np.ones(1, np.int32)
        letters = np.ones((1, n), np.int32)
        example = (letters, 0 * one, frames, (2 + N_END) * one, letters, *spread(letters, 2 + N_END))
        super().__init__(recipe, facts, network, example)

    @checked
    def speak(
        self,
        texts: Sequence[str],
        voices: Sequence[str],
        *,
        window: Window = 0,
        stop: bool = True,
        most_s: Annotated[float, (0.1, 600.0)] | None = None,
    ) -> list[Utterance]:
        """Read texts.

        Parameters
        ----------
        texts : sequence of str
            What to say.
        voices : sequence of str
            Who says each of them: some of `voices`.
        window : int
            Let attention go at most so many letters forward, and one back, from where it looked before; 0:
            let it look anywhere.
        stop : bool
            Heed the stop token; else write until the time is over.
        most_s : float, optional
            When to break off (s). Default: by the number of letters.

        Raises
        ------
        ValueError
            If a text cannot be read, or a voice is not known.
        """
        found = []
        for i in range(0, len(texts), N_AT_ONCE):
            part = slice(i, i + N_AT_ONCE)
            found += self._speak(texts[part], voices[part], window, stop, most_s)
        return found

    @checked
    def copy(self, mel: np.ndarray, text: str, voice: str) -> Utterance:
        """Write each group of frames with the true ones before it, as in training (teacher forcing).

        Parameters
        ----------
        mel : np.ndarray [shape=(n_frames, N_MELS)]
            Of a recording, from `audio_edu.generation.mel.scaled_mel`.
        text, voice : str
            What is said, and by whom: one of `voices`.
        """
        words, letters, numbers = self._rows([text], [voice])
        if mel.ndim != 2 or mel.shape[1] != N_MELS or not len(mel):
            raise ValueError(f"mel has shape {mel.shape}; expected (n_frames, {N_MELS}).")
        r = self.recipe.reduction
        n = -(-len(mel) // r)
        frames = np.full((1, n * r, N_MELS), SILENCE, np.float32)
        frames[0, : len(mel)] = mel
        made, _, a = self.network(
            (letters, numbers, frames, np.array([n + N_END], np.int32), letters, *spread(letters, n)),
            training=False,
        )
        n_letters = int((letters > 0).sum())
        return Utterance(words[0], as_array(made)[0, : len(mel)], as_array(a)[0, :, :n_letters], False)

    def _speak(
        self, texts: Sequence[str], voices: Sequence[str], window: int, stop: bool, most_s: float | None
    ) -> list[Utterance]:
        words, letters, numbers = self._rows(texts, voices)
        network, r = self.network, self.recipe.reduction
        n_each = (letters > 0).sum(1)
        seconds = n_each * MOST_PER_LETTER_S + MOST_MORE_S if most_s is None else 0 * n_each + most_s
        limits = np.maximum(1, seconds * self.sample_rate / HOP_LENGTH / r).astype(int)

        def begin(letters: Any, numbers: Any) -> tuple:
            memory, keys, mask, v = network.encode(letters, numbers)
            return memory, keys, mask, v, *network.start(memory)

        def step(seen: Any, v: Any, memory: Any, keys: Any, mask: Any, s: Any, *state: Any) -> tuple:
            state = network.read(network.condition(seen, v), memory, keys, mask, state)
            frames, logit, s = network.write(state[1], s)
            return frames, logit, s, *state

        memory, keys, mask, v, *state = self._fast("begin", begin)(letters, numbers)
        step = self._fast("step", step)
        whole = mask = as_array(mask)
        s, seen = state[0], np.full((len(texts), N_MELS), SILENCE, np.float32)
        frames, weights, ends = [], [], np.full(len(texts), -1)
        places = np.arange(letters.shape[1])
        for t in range(limits.max()):
            group, logit, s, *state = step(seen, v, memory, keys, mask, s, *state)
            group, a = as_array(group), as_array(state[2])
            seen = group[:, -1]
            frames.append(group)
            weights.append(a)
            if window:
                off = places - a.argmax(1)[:, None]
                mask = whole * ((off >= -1) & (off <= window))
            if stop:
                ends = np.where((ends < 0) & (as_array(logit) > 0), t, ends)
            if np.all((ends >= 0) | (t + 1 >= limits)):
                break
        n_groups = np.where(ends >= 0, np.maximum(ends, 1), np.minimum(limits, len(frames)))
        mels, alignment = np.concatenate(frames, 1), np.stack(weights, 1)
        # the post-net sees what has been written, not what would have come
        for row, n in zip(mels, n_groups, strict=True):
            row[n * r :] = SILENCE
        filled = -(-mels.shape[1] // 64) * 64 - mels.shape[1]
        mels = np.pad(mels, ((0, 0), (0, filled), (0, 0)), constant_values=SILENCE)
        mels = np.maximum(as_array(self._fast("post", network.post)(mels)), SILENCE)
        return [
            Utterance(words[i], mels[i, : n * r], alignment[i, :n, : n_each[i]], bool(ends[i] >= 0))
            for i, n in enumerate(n_groups)
        ]


class Durations(_Speaker):
    """A network that speaks all frames at once, and counts how long each letter lasts."""

    def __init__(self, recipe: TacotronRecipe, facts: Mapping[str, Any]):
        network = DurationsNetwork(recipe, len(facts["label_names"]), len(facts["voices"]))
        durations = np.ones((1, N_LETTERS), np.int32)
        n = N_LETTERS + N_END
        frames = np.zeros((1, n * recipe.reduction, N_MELS), np.float32)
        one = np.ones(1, np.int32)
        example = (durations, 0 * one, frames, n * one, durations, *spread(durations, n))
        super().__init__(recipe, facts, network, example)

    @checked
    def speak(
        self, texts: Sequence[str], voices: Sequence[str], *, speed: Speed = 1.0, phones: bool = False
    ) -> list[Utterance]:
        """Read texts; arguments as in `Tacotron.speak`.

        Besides, how fast: 2 is twice as fast as learned; and whether to read words of the lexicon by their
        phones, where the network has learned phones. In `Utterance.alignment` these stand for letters.
        """
        found = []
        for i in range(0, len(texts), N_AT_ONCE):
            part = slice(i, i + N_AT_ONCE)
            words, letters, numbers = self._rows(texts[part], voices[part], phones)
            memory, log_durations = self._fast("encode", self.network.encode)(letters, numbers)
            lasts = np.maximum(np.expm1(as_array(log_durations)), 0) / speed * (letters > 0)
            # rounding the ends, not the lengths, keeps the whole as long as it was meant
            durations = np.diff(np.round(np.cumsum(lasts, 1)), axis=1, prepend=0).astype(np.int64)
            found += self._frames(words, letters, memory, durations)
        return found

    def _frames(
        self, words: Sequence[str], letters: np.ndarray, memory: Any, durations: NDArray[np.int64]
    ) -> list[Utterance]:
        r = self.recipe.reduction
        n = durations.sum(1)
        where, position = spread(durations, max(1, int(-(-(n.max() + N_END) // 32) * 32)))
        _, mels = self._fast("decode", self.network.decode)(memory, where, position)
        mels = np.maximum(as_array(mels), SILENCE)
        found = []
        for i, text in enumerate(words):
            alignment = np.eye(letters.shape[1], dtype=np.float32)[where[i, : n[i]], : (letters[i] > 0).sum()]
            found.append(Utterance(text, mels[i, : n[i] * r], alignment, True))
        return found


MODELS = {"attention": Tacotron, "durations": Durations}


def griffin_lim(mels: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Make a sound of each mel spectrogram [shape=(n_frames, N_MELS)], without a network."""
    sizes = {"n_fft": N_FFT, "hop_length": HOP_LENGTH, "n_iter": N_ITER}
    return [np.clip(mel_to_audio(mel_decibels(mel), 8000, **sizes), -1, 1) for mel in mels]


@checked
@dataclass(frozen=True)
class Options:
    """What ``audio-edu generate tacotron`` can be asked for."""

    text: str = option("twenty past four", "what to say: words, numbers, times, dates, prices")
    voice: str | None = option(None, f"who says it; default: {VOICE}, or another by the seed")
    vocoder: str = option("network", "what makes sound of the frames: network, or griffin-lim")
    window: int = option(0, "letters that attention may go on at once; 0: any (tacotron alone)")
    speed: float = option(1.0, "how fast; 2 is twice as fast (durations alone)")
    spelling: str = option("letters", "what is read: letters, or phones (durations_phones alone)")
    seed: int = option(0, "where no voice is given: another seed, another voice")


@checked
def generate(model: Any, options: Options) -> tuple[np.ndarray, int]:
    """Read a text aloud.

    Returns
    -------
    x : np.ndarray of float32 [shape=(n_samples,)]
        The sound.
    sample_rate : int
        In Hz.
    """
    check_choice(options.vocoder, "vocoder", ("network", "griffin-lim"))
    check_choice(options.spelling, "spelling", ("letters", "phones"))
    phones, counts = options.spelling == "phones", isinstance(model, Durations)
    if phones and not counts:
        raise ValueError("spelling is 'phones', which durations_phones reads alone; write words in letters.")
    how = {"speed": options.speed, "phones": phones} if counts else {"window": options.window}
    voice = options.voice
    if voice is None:
        voice = model.voices[(model.voices.index(VOICE) + options.seed) % len(model.voices)]
    (one,) = model.speak([options.text], [voice], **how)
    if options.vocoder == "griffin-lim":
        return griffin_lim([one.mel])[0], model.sample_rate
    return vocode(load_vocoder(), [one.mel])[0], model.sample_rate
