"""The scores of models of music beside plain ones, all on notes that none of them has seen."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...datasets import Corpus
from ...training import Trained
from .counts import average_counts
from .data import Piece, pieces, to_symbols, to_words, transpose, windows
from .formulas import MarkovChain


def evaluate(model: Trained, corpus: Corpus, *, split: str = "test", judge: Any = None) -> dict[str, Any]:
    """Judge a model on a split, beside baselines that are fitted to what it was trained on.

    Returns
    -------
    dict
        ``melody``: nats an event, of the network, of Markov chains, and of how often each event occurs.
        ``voices``: nats a frame (all voices that are not given), and those of a chain for each voice.
        ``vae``: the share of notes that come back, free-running; those of the nearest two bars of training;
        nats; units that are alive. ``gan``: what can be counted, beside the real ones.
    """
    part, known = corpus.part(split), corpus.train if split == "validation" else corpus.development
    return {"melody": _melody, "voices": _voices, "vae": _two_bars, "gan": _four_bars}[model.recipe.kind](
        model, part, known
    )


def _melody(model: Any, part: Corpus, known: Corpus) -> dict[str, Any]:
    rows, n = to_words(part, model.words), len(model.words) + 3
    train = to_words(known, model.words)
    report = {"nats_per_event": float(np.concatenate([model.nats(row) for row in rows]).mean())}
    for order in (0, 1, 2, 3):
        chain = MarkovChain(train, n, order=order)
        report[f"markov{order}"] = float(np.concatenate([chain.nats(row) for row in rows]).mean())
    return report | {"n_events": sum(len(row) - 1 for row in rows)}


def _voices(model: Any, part: Corpus, known: Corpus) -> dict[str, Any]:
    n = model.recipe.steps_per_quarter
    found = [model.nats(piece.codes, piece.context) for piece in pieces(part, n)]
    report = {
        "nats_per_frame": float(np.concatenate(found).mean()),
        "n_frames": sum(map(len, found)),
        "per_piece": [round(float(each.mean()), 3) for each in found],
    }
    return report | {
        "chain_of_each_voice": chain_nats(pieces(part, n), pieces(known, n), model.recipe.n_given)
    }


def chain_nats(part: Sequence[Piece], known: Sequence[Piece], n_given: int) -> float:
    """Return nats a frame of one Markov chain for each voice that is not given, each deaf to the others."""
    total, n_frames = 0.0, sum(len(piece.codes) for piece in part)
    for v in range(n_given, part[0].codes.shape[1]):
        chain = MarkovChain([_chain_words(p.codes[:, v]) for p in known], 178, order=2)
        total += sum(float(chain.nats(_chain_words(p.codes[:, v])).sum()) for p in part)
    return total / n_frames


def _chain_words(codes: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], codes])


def _two_bars(model: Any, part: Corpus, known: Corpus) -> dict[str, Any]:
    codes, train = (_sopranos(model.recipe, each) for each in (part, known))
    mean, _ = model.encode(codes)
    report = {"notes_back": shared_notes(codes, model.decode(mean))}
    many = np.concatenate([transpose(train, k) for k in range(-5, 6)])
    symbols = to_symbols(many)
    nearest = [many[(symbols == to_symbols(row)).sum(axis=1).argmax()] for row in codes]
    report["notes_back_nearest"] = shared_notes(codes, np.stack(nearest))
    nats, divergence = model.nats(codes)
    # alive: μ differs from tune to tune by more than a hundredth
    alive = int((mean.var(axis=0) > 0.01).sum())
    return report | {"nats": nats, "divergence": divergence, "units_alive": alive, "n_two_bars": len(codes)}


def shared_notes(codes: np.ndarray, others: np.ndarray) -> float:
    """Return the F1 score of notes: of the notes of both, how many begin at one step on one key."""
    a, b = to_symbols(codes), to_symbols(others)
    notes_a, notes_b = a > 1, b > 1
    both = (notes_a & (a == b)).sum()
    return float(2 * both / max(1, notes_a.sum() + notes_b.sum()))


def _sopranos(recipe: Any, part: Corpus) -> np.ndarray:
    cut = windows(recipe, pieces(part, recipe.steps_per_quarter))
    return np.stack([codes[:, 0] for codes, _ in cut])


def _four_bars(model: Any, part: Corpus, known: Corpus) -> dict[str, Any]:
    recipe = model.recipe
    real = [codes for codes, _ in windows(recipe, pieces(part, recipe.steps_per_quarter))]
    rng = np.random.default_rng(recipe.seed)
    generated = model.generate(len(real), is_minor=rng.integers(2, size=len(real)), seed=recipe.seed)
    shuffled = [rng.permutation(codes) for codes in real]
    report = {"real": real, "generated": list(generated), "real_in_random_order": shuffled}
    distinct = len({codes.tobytes() for codes in generated}) / len(generated)
    counted = {name: average_counts(many) for name, many in report.items()}
    return counted | {"distinct": distinct, "n_four_bars": len(real)}
