"""Judging it: average precision of each tag on unseen sources, and whether the times are right."""

from typing import Any

import numpy as np

from ...datasets import Corpus
from ...datasets.scenes import draw_scenes
from ...metrics import average_precision, event_scores, roc_auc
from .recognize import Tagger

#: How many scenes are drawn to judge on.
N_SCENES = {"train": 200, "validation": 150, "test": 400}


def evaluate(model: Tagger, corpus: Corpus, *, split: str = "test", judge: Any = None) -> dict[str, Any]:
    """Judge a model on scenes of some of the sources; those of `audio_edu.datasets.load_scenes`.

    Parameters
    ----------
    model : Tagger
        The model.
    corpus : Corpus
        Sources; see `audio_edu.datasets.load_scene_sources`.
    split : {"train", "validation", "test", "all"}
        Which of the sources.
    judge : optional
        Not asked; other families need one.

    Returns
    -------
    dict
        ``macro_ap`` and ``macro_auc``, means over the tags; ``per_tag``, the average precision of each;
        ``events``: precision, recall and F-score, as `audio_edu.metrics.event_scores` counts.
    """
    splits = [split] if split != "all" else sorted(set(corpus.split.tolist()))
    parts = [draw_scenes(corpus.part(name), N_SCENES[name]) for name in splits]
    P, present, found, true = [], [], [], []
    for scenes in parts:
        P.append(model.probabilities(scenes.pad()))
        present.append(scenes.targets.present)
        true += [[(a, b, scenes.targets.names[int(k)]) for k, a, b in e] for e in scenes.targets.events]
        found += [[(e.start_s, e.end_s, e.tag) for e in model.events(x)] for x in scenes.audio]
    y, scores = np.concatenate(present), np.concatenate(P)
    per_tag = {
        name: round(average_precision(y[:, k], scores[:, k]), 4)
        for k, name in enumerate(model.label_names)
        if y[:, k].any()
    }
    aucs = [roc_auc(y[:, k], scores[:, k]) for k in range(y.shape[1]) if 0 < y[:, k].sum() < len(y)]
    return {
        "macro_ap": round(float(np.mean(list(per_tag.values()))), 4),
        "macro_auc": round(float(np.mean(aucs)), 4),
        "per_tag": per_tag,
        "events": {name: round(value, 4) for name, value in event_scores(true, found).items()},
        "n_clips": len(y),
    }
