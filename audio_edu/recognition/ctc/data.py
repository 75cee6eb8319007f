"""What a step learns from: sentences, rows of digits and rows of words, as they were never heard before."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..._validate import checked
from ...datasets import Corpus, Transcripts, load_digits, load_fsdd, load_prompts, load_sentences, load_words
from ...reproducible import SEED
from ..augment import augment_frames, augment_recording, augment_word
from ..changes import mask_spectrograms
from ..features import log_mel_frames
from .features import normalize
from .formulas import encode
from .recipe import CTCRecipe

#: Frames and letters of a row of a batch: 5.1 s.
N_FRAMES, N_LETTERS = 512, 80
#: Silence before the first word, and between two that were recorded apart (s).
MOST_BEFORE_S, GAPS_S = 0.4, (0.0, 0.3)
#: How often a row is a sentence, and a row of digits; else it is a row of any words.
SENTENCES, DIGITS = 0.4, 0.3


def load_speech(*, prompts: bool = False) -> Corpus:
    """Load all that is said by the synthetic voices: sentences, digits and other words.

    Parameters
    ----------
    prompts : bool
        Add the real voice's prompts.

    Returns
    -------
    Corpus
        Targets are `Transcripts`; ``info`` has the column ``source``: ``sentence``, ``digit``, ``word``,
        ``prompt``, or what else the prompts' kind is.
    """
    digits, words, sentences = load_digits(), load_words(), load_sentences()
    parts = [(sentences, "sentence"), (_as_text(digits), "digit"), (words, "word")]
    sources = [np.full(len(part), source) for part, source in parts]
    corpora = [part for part, _ in parts]
    if prompts:
        corpora.append(load_prompts())
        sources.append(corpora[-1].info["kind"])
    return Corpus(
        name="speech",
        audio=sum((part.audio for part in corpora), ()),
        targets=Transcripts(sum((part.targets.texts for part in corpora), ())),
        voices=np.concatenate([part.voices for part in corpora]),
        split=np.concatenate([part.split for part in corpora]),
        sample_rate=sentences.sample_rate,
        info={"source": np.concatenate(sources)},
        licence="; ".join(dict.fromkeys(part.licence for part in corpora)),
    )


def _as_text(digits: Corpus) -> Corpus:
    return Corpus(
        name=digits.name,
        audio=digits.audio,
        targets=Transcripts([digits.label_names[k] for k in digits.labels]),
        voices=digits.voices,
        split=digits.split,
        sample_rate=digits.sample_rate,
        licence=digits.licence,
    )


def batches(recipe: CTCRecipe, speech: Corpus) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """Return the function that makes the batch of any step: frames, and letters with zeros behind.

    Parameters
    ----------
    recipe : CTCRecipe
        How.
    speech : Corpus
        As `load_speech` returns it.
    """
    s, a = recipe.settings, recipe.augmentation
    n_samples = N_FRAMES * s.hop_length
    # the slowest still fits, with silence before it
    longest = int(n_samples / (1 + a.speed) - MOST_BEFORE_S * s.sample_rate)
    draw = Drawer(speech, longest, share_of_prompts=recipe.prompts)

    def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng((recipe.seed, step))
        x = np.zeros((recipe.batch_size, n_samples), np.float32)
        y = np.zeros((recipe.batch_size, N_LETTERS), np.int32)
        for row, letters in zip(x, y, strict=True):
            clips, texts = draw(rng)
            if len(clips) > 1:
                clips = [augment_word(clip, a.without("speed", "hiss_db"), rng) for clip in clips]
            said = augment_word(glue(clips, s.sample_rate, rng), a.without("cut", "trim"), rng)
            start = rng.integers(0, n_samples - min(len(said), n_samples - 1))
            start = min(start, int(MOST_BEFORE_S * s.sample_rate))
            row[start : start + len(said)] = said[: n_samples - start]
            row[:] = augment_recording(row, s.sample_rate, a, rng)
            indices = encode(" ".join(texts))
            letters[: len(indices)] = indices
        x *= 10 ** (rng.uniform(-20, 0, (len(x), 1)) / 20).astype(np.float32)
        mel_db = augment_frames(log_mel_frames(x, s)[:, :N_FRAMES], s, a, rng)
        frames = normalize(mel_db, s)
        return mask_spectrograms(frames, a.masks, rng) if a.masks else frames, y

    return batch


@checked
def glue(
    clips: list[np.ndarray],
    sample_rate: int,
    rng: np.random.Generator,
    *,
    gaps_s: tuple[float, float] = GAPS_S,
) -> np.ndarray:
    """Put clips behind each other, with silence of random length between them [shape=(n_samples,)].

    Examples
    --------
    >>> len(glue([np.ones(10), np.ones(5)], 100, np.random.default_rng(0), gaps_s=(0.2, 0.2)))
    35
    """
    parts = [clips[0]]
    for clip in clips[1:]:
        parts += [np.zeros(round(rng.uniform(*gaps_s) * sample_rate), np.float32), clip]
    return np.concatenate(parts)


class Drawer:
    """Draws what is said in one recording: clips of one voice, and their texts.

    Parameters
    ----------
    speech : Corpus
        As `load_speech` returns it.
    longest : int
        Samples of a recording.
    share_of_prompts : float
        How often it is one of the prompts.
    """

    def __init__(self, speech: Corpus, longest: int, *, share_of_prompts: float = 0.0):
        self.speech, self.longest, self.share_of_prompts = speech, longest, share_of_prompts
        source, texts = speech.info["source"], speech.targets.texts
        fits = (speech.lengths <= longest) & np.array([len(text) <= N_LETTERS for text in texts])
        self.sentences, self.prompts = (np.flatnonzero(fits & (source == k)) for k in ("sentence", "prompt"))
        self.digits, self.words = (self._by_voice(np.isin(source, k)) for k in ("digit", ("digit", "word")))
        self.voices = sorted(self.digits)
        if not self.voices or not len(self.sentences):
            raise ValueError(f"corpus {speech.name!r} has no digits or no sentences; expected both.")

    def _by_voice(self, chosen: np.ndarray) -> dict[str, np.ndarray]:
        rows = np.flatnonzero(chosen)
        return {
            voice: rows[self.speech.voices[rows] == voice] for voice in set(self.speech.voices[rows].tolist())
        }

    def __call__(self, rng: np.random.Generator) -> tuple[list[np.ndarray], list[str]]:
        """Draw clips and their texts."""
        if self.share_of_prompts and rng.random() < self.share_of_prompts:
            rows = [rng.choice(self.prompts)]
        elif (kind := rng.random()) < SENTENCES:
            rows = [rng.choice(self.sentences)]
        else:
            of_digits = kind < SENTENCES + DIGITS
            pool = (self.digits if of_digits else self.words)[self.voices[rng.integers(len(self.voices))]]
            rows = rng.choice(pool, rng.integers(1, 8 if of_digits else 6))
        clips, texts, left = [], [], self.longest
        for row in rows:
            clip, text = self.speech.audio[row], self.speech.targets.texts[row]
            left -= len(clip) + round(GAPS_S[1] * self.speech.sample_rate)
            if clips and (left < 0 or len(" ".join([*texts, text])) > N_LETTERS):
                break
            clips.append(clip)
            texts.append(text)
        return clips, texts


def strings_of_digits(
    where: Path | Corpus, *, n_per_voice: int = 60, n_digits: tuple[int, int] = (3, 7), seed: int = SEED
) -> Corpus:
    """Glue rows of digits from single ones: of recordings of people, or of a corpus like `load_digits`.

    Parameters
    ----------
    where : Path or Corpus
        Recordings named ``{digit}_{speaker}_{take}.wav``, see `audio_edu.datasets.load_fsdd`; or a corpus
        with labels.
    n_per_voice : int
        Rows of each speaker.
    n_digits : (int, int)
        The fewest and the most digits of a row.
    seed : int
        Decides which, and how long the silence between them is: 0 to 0.3 s.

    Returns
    -------
    Corpus
        Targets are `Transcripts`.
    """
    digits = where if isinstance(where, Corpus) else load_fsdd(where)
    rng = np.random.default_rng(seed)
    clips, texts, voices = [], [], []
    for voice in sorted(set(digits.voices.tolist())):
        own = np.flatnonzero(digits.voices == voice)
        for _ in range(n_per_voice):
            rows = rng.choice(own, rng.integers(n_digits[0], n_digits[1] + 1))
            clips.append(glue([digits.audio[i] for i in rows], digits.sample_rate, rng))
            texts.append(" ".join(digits.label_names[digits.labels[i]] for i in rows))
            voices.append(voice)
    return Corpus(
        name=f"strings of {digits.name}",
        audio=tuple(clips),
        targets=Transcripts(texts),
        voices=voices,
        split=["test"] * len(clips),
        sample_rate=digits.sample_rate,
        info={"source": np.full(len(clips), "string")},
        licence=digits.licence,
    )
