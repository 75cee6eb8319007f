"""Judging it: the share of words that are wrong, by what it hears alone and with a language."""

from typing import Any

import numpy as np

from ...datasets import Corpus
from ...metrics import bootstrap_interval, character_error_rate, error_rate, word_edits, word_error_rate
from .language import Grammar, WordNGrams
from .recognize import Recognizer

#: No more clips of one kind are judged.
N_MOST = 250
#: The language of the sentences: words that are counted together, and texts.
N_WORDS, N_TEXTS = 5, 20_000


def evaluate(model: Recognizer, corpus: Corpus, *, split: str = "test", judge: Any = None) -> dict[str, Any]:
    """Judge a model on what is said in some of the clips.

    Parameters
    ----------
    model : Recognizer
        The model.
    corpus : Corpus
        With `Transcripts`; see `audio_edu.recognition.ctc.data`.
    split : {"train", "validation", "test", "all"}
        Which of the clips.
    judge : optional
        Not asked; other families need one.

    Returns
    -------
    dict
        For each kind of clip: ``wer`` and ``cer``, greedy; ``wer_language``, with what `language_for` says;
        ``interval`` of the ``wer`` (95 %, over clips).
    """
    part = corpus.part(split)
    report: dict[str, Any] = {}
    for source in sorted(set(part.info["source"].tolist())):
        rows = np.flatnonzero(part.info["source"] == source)
        if len(rows) > N_MOST:
            rows = rows[:: -(-len(rows) // N_MOST)]
        clips = part.select(rows)
        truth = list(clips.targets.texts)
        greedy = [model.transcribe(x) for x in clips.audio]
        edits = word_edits(truth, greedy)
        low, high = bootstrap_interval(error_rate, edits)
        report[source] = {
            "n_clips": len(clips),
            "wer": round(error_rate(edits), 4),
            "interval": [round(low, 4), round(high, 4)],
            "cer": round(character_error_rate(truth, greedy), 4),
        }
        language = language_for(source)
        if language is not None:
            texts = [model.transcribe(x, language) for x in clips.audio]
            report[source]["wer_language"] = round(word_error_rate(truth, texts), 4)
    return report


def language_for(source: str) -> Grammar | WordNGrams | None:
    """Return what may be said in clips of a kind: digits, sentences of the corpus's kind, or anything (None).

    The sentences' language has counted `N_TEXTS` texts, none of them of the validation or the test part.
    """
    from ...datasets import draw_texts
    from ...datasets.digits import DIGIT_NAMES

    if source in ("digit", "string"):
        return Grammar(DIGIT_NAMES)
    return WordNGrams(draw_texts(N_TEXTS), N_WORDS) if source == "sentence" else None
