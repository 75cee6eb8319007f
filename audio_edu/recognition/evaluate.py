"""Judging a recogniser.

One number is not a judgement. So each digit and each voice gets its own, beside who was taken for whom; and
``protocol`` says whether the voices were ever heard in training.
"""

from typing import Any

from ..datasets import Corpus
from ..metrics import classification_report
from .recognize import Recognizer


def evaluate(model: Recognizer, corpus: Corpus, *, split: str = "test", judge: Any = None) -> dict[str, Any]:
    """Judge a recogniser on some clips of a corpus.

    Parameters
    ----------
    model : Recognizer
        The recogniser.
    corpus : Corpus
        Recordings of what it knows.
    split : {"train", "validation", "test", "all"}
        Which of its clips.
    judge : optional
        Not asked; other families need one.

    Returns
    -------
    dict
        What `classification_report` returns, ``n_parameters``, ``trained_on`` and ``protocol``.

    Raises
    ------
    ValueError
        If there is no such clip.
    """
    clips = corpus.part(split)
    if not len(clips):
        raise ValueError(f"split is {split!r}, of which there is no clip in {corpus!r}; try 'all'.")
    trained_on = str(model.card.get("corpus", "unknown"))
    return {
        **classification_report(model.probabilities(clips.audio), clips),
        "n_parameters": model.n_parameters,
        "trained_on": trained_on,
        "protocol": _protocol(trained_on, corpus.name, split),
    }


def _protocol(trained_on: str, corpus: str, split: str) -> str:
    if trained_on.startswith(f"Corpus '{corpus}'"):
        if split == "test":
            return f"{corpus}, test split of the corpus it was trained on"
        return f"{corpus}, {split} clips, some of them heard in training"
    if trained_on.startswith("Corpus 'digits'"):
        heard = f"trained on synthetic voices alone, no clip or speaker of {corpus} heard"
        return f"digits → {corpus}: {heard} ({split} clips)"
    return f"{corpus}, {split} clips; trained on another corpus"
