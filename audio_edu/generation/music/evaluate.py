"""The scores of models of music beside plain ones, all on notes that none of them has seen."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...datasets import Corpus
from ...reproducible import SEED
from ...training import Trained
from .counts import average_counts, count_in_bars, count_in_row
from .data import Piece, pieces, to_c, to_context, to_symbols, to_words, transpose, windows
from .formulas import MarkovChain
from .tracks import N_BAR_STEPS, four_bars


def evaluate(model: Trained, corpus: Corpus, *, split: str = "test", judge: Any = None) -> dict[str, Any]:
    """Judge a model on a split, beside baselines that are fitted to what it was trained on.

    Returns
    -------
    dict
        ``melody``: nats an event, of the network, of Markov chains, and of how often each event occurs.
        ``voices``: nats a step of the grid (three voices together), those of a chain for each voice; how many
        of the steps' keys are Bach's, and what can be counted.
        ``vae``: the share of notes that come back, free-running; those of the nearest two bars of training;
        nats; units that are alive.
        ``gan``: what can be counted in four bars, real, generated, from chains, and shuffled; the longest
        runs that are in training, too.
    """
    part, known = corpus.part(split), corpus.train if split == "validation" else corpus.development
    kinds = {"melody": _melody, "voices": _voices, "vae": _two_bars, "gan": _tracks}
    return kinds[model.recipe.kind](model, part, known)


def _melody(model: Any, part: Corpus, known: Corpus) -> dict[str, Any]:
    rows, n = to_words(part, model.words), len(model.words) + 3
    train = to_words(known, model.words)
    nats = {"network": [model.nats(row) for row in rows]}
    for order in (0, 1, 2, 3):
        chain = MarkovChain(train, n, order=order)
        nats[f"markov{order}"] = [chain.nats(row) for row in rows]
    report = {f"nats_{name}": float(np.concatenate(found).mean()) for name, found in nats.items()}
    return report | {
        "n_events": sum(map(len, nats["network"])),
        "per_piece": {name: [round(float(x.mean()), 3) for x in found] for name, found in nats.items()},
    }


def _voices(model: Any, part: Corpus, known: Corpus) -> dict[str, Any]:
    n = model.recipe.steps_per_quarter
    found, train = pieces(part, n), pieces(known, n)
    nats = [model.nats(piece.codes, piece.context) for piece in found]
    given = [piece.codes[:, 0] for piece in found], [piece.context for piece in found]
    written, drawn = model.harmonize(*given), model.harmonize(*given, temperature=1.0)
    plain, rng = usual_chords(found, train), np.random.default_rng(SEED)
    harmonies = {
        "real": [piece.codes for piece in found],
        "shuffled": [rng.permutation(piece.codes) for piece in found],
        "written": written,
        "drawn": drawn,
        "usual_chord": plain,
    }
    return {
        "nats_per_step": float(np.concatenate(nats).mean()),
        "nats_chain_of_each_voice": chain_nats(found, train),
        "n_steps": sum(map(len, nats)),
        "keys_right": keys_right(found, written),
        "keys_right_usual_chord": keys_right(found, plain),
        "per_piece": [round(float(each.mean()), 3) for each in nats],
    } | {f"counts_{name}": _counts(codes, found, n) for name, codes in harmonies.items()}


def _counts(harmonies: Sequence[np.ndarray], found: Sequence[Piece], n: int) -> dict[str, float]:
    in_bars = [count_in_bars(codes, piece.context) for codes, piece in zip(harmonies, found, strict=True)]
    means = {name: float(np.mean([each[name] for each in in_bars])) for name in in_bars[0]}
    return average_counts(harmonies, steps_per_quarter=n) | means


def keys_right(found: Sequence[Piece], written: Sequence[np.ndarray]) -> float:
    """Return at how many of all steps and lower voices the keys agree (0 to 1)."""
    same = [p.codes[:, 1:] // 2 == w[:, 1:] // 2 for p, w in zip(found, written, strict=True)]
    return float(np.concatenate(same).mean())


def usual_chords(found: Sequence[Piece], known: Sequence[Piece]) -> list[np.ndarray]:
    """Set the chord that is most often below this note of the soprano in this mode, with all moved to C.

    A chord begins with each note of the soprano; and, unlike a network, this baseline is given the key.
    """
    chords: dict[tuple, Counter] = defaultdict(Counter)
    for piece in known:
        for row in transpose(piece.codes, to_c(piece)) // 2:
            chords[piece.is_minor, int(row[0])][tuple(row[1:].tolist())] += 1
    written = []
    for piece in found:
        codes = transpose(piece.codes, to_c(piece))
        for t, code in enumerate(codes[:, 0]):
            usual = chords[piece.is_minor, int(code) // 2].most_common(1)
            codes[t, 1:] = 2 * np.array(usual[0][0] if usual else (0, 0, 0)) + code % 2
        codes[:, 1:] = np.where(codes[:, 1:] == 1, 0, codes[:, 1:])
        written.append(transpose(codes, -to_c(piece)))
    return written


def chain_nats(part: Sequence[Piece], known: Sequence[Piece]) -> float:
    """Return nats a step of one Markov chain for each lower voice, each deaf to the others."""
    total = 0.0
    for v in range(1, part[0].codes.shape[1]):
        chain = MarkovChain([np.append(0, p.codes[:, v]) for p in known], 178, order=2)
        total += sum(float(chain.nats(np.append(0, p.codes[:, v])).sum()) for p in part)
    return total / sum(len(piece.codes) for piece in part)


def _two_bars(model: Any, part: Corpus, known: Corpus) -> dict[str, Any]:
    recipe, n = model.recipe, model.recipe.steps_per_quarter
    codes, train = windows(recipe, pieces(part, n)), windows(recipe, pieces(known, n))
    mean, _ = model.encode(codes)
    nats, divergence = model.nats(codes)
    return {
        "notes_back": shared_notes(codes, model.decode(mean)),
        "notes_back_nearest": shared_notes(codes, nearest_bars(codes, train)),
        "nats": nats,
        "divergence": divergence,
        # alive: μ differs from tune to tune by more than a hundredth
        "units_alive": int((mean.var(axis=0) > 0.01).sum()),
        "n_two_bars": len(codes),
    }


def nearest_bars(codes: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return for each row the row of training, transposed or not, that agrees at most steps."""
    many = np.concatenate([transpose(train, k) for k in range(-5, 6)])
    symbols = to_symbols(many)
    return np.stack([many[(symbols == to_symbols(row)).sum(axis=1).argmax()] for row in codes])


def shared_notes(codes: np.ndarray, others: np.ndarray) -> float:
    """Return the F1 score of notes: of the notes of both, how many begin at one step on one key."""
    a, b = to_symbols(codes), to_symbols(others)
    both = ((a > 1) & (a == b)).sum()
    return float(2 * both / max(1, (a > 1).sum() + (b > 1).sum()))


def _tracks(model: Any, part: Corpus, known: Corpus) -> dict[str, Any]:
    found, train = (pieces(corpus, model.recipe.steps_per_quarter) for corpus in (part, known))
    # every third: neighbours share three of their four bars
    real, minor = (x[::3] for x in four_bars(found))
    made = [model.write(int((minor == k).sum()), minor=bool(k), seed=SEED + 1 + k) for k in np.unique(minor)]
    rows = plain_tracks(real, train) | {"generated": np.concatenate(made)}
    report: dict[str, Any] = {"n_pieces": len(real)}
    report |= {f"counts_{name}": count_tracks(codes) for name, codes in rows.items()}
    for name in ("triads", "dissonant", "kinship", "alike"):
        report[name] = report["counts_generated"][name]
    whole = [transpose(piece.codes, to_c(piece)) for piece in train]
    for name in ("real", "generated", "chain"):
        report[f"copied_steps_{name}"] = float(np.median(copied_steps(rows[name], whole)))
    return report


def count_tracks(many: np.ndarray) -> dict[str, float]:
    """Count all that can be counted in pieces of whole bars of 4/4 [shape=(n, T, 4)]: their means."""
    context = to_context(many.shape[1], 4, 0, np.zeros((0, 2)))
    dissonant = np.mean([count_in_bars(codes, context)["dissonant"] for codes in many])
    return average_counts(list(many)) | {"dissonant": float(dissonant)} | count_in_row(many)


def copied_steps(many: np.ndarray, known: Sequence[np.ndarray]) -> np.ndarray:
    """Return how many steps in a row each piece [shape=(n, T, 4)] shares with any of `known`, in its key."""
    gap = np.full((1, many.shape[2]), -1)
    whole = np.concatenate([part for codes in known for part in (codes, gap)])
    longest = np.zeros(len(many), int)
    for i, codes in enumerate(many):
        run = np.zeros(len(whole), int)
        for chord in codes:
            # run ← (run one step before + 1) where this chord sounds, 0 elsewhere
            run = (np.append(0, run[:-1]) + 1) * (whole == chord).all(axis=1)
            longest[i] = max(longest[i], run.max())
    return longest


def plain_tracks(real: np.ndarray, known: Sequence[Piece]) -> dict[str, np.ndarray]:
    """Return real bars, and as many of the plainest kinds, by name [shape=(n, T, 4)] each.

    ``steps_shuffled``: the chords of a piece in a random order. ``bars_shuffled``: each bar is of another
    piece. ``chain``: each chord is drawn from those that followed the one before in training (in C, in 4/4),
    from one that begins a bar on; ``deaf_chains``: so is each voice, by itself.
    """
    rng, n = np.random.default_rng(SEED), real.shape[1]
    bars = real.reshape(len(real), -1, N_BAR_STEPS, real.shape[2])
    mixed = np.stack([rng.permutation(bars[:, b]) for b in range(bars.shape[1])], axis=1)
    whole = [transpose(piece.codes, to_c(piece)) for piece in known if piece.meter == 4]
    begins = four_bars(known)[0][:, 0]
    voices = [
        _walks([codes[:, [v]] for codes in whole], begins[:, [v]], len(real), n, rng)
        for v in range(real.shape[2])
    ]
    return {
        "real": real,
        "steps_shuffled": np.stack([rng.permutation(codes) for codes in real]),
        "bars_shuffled": mixed.reshape(real.shape),
        "chain": _walks(whole, begins, len(real), n, rng),
        "deaf_chains": np.concatenate(voices, axis=-1),
    }


def _walks(
    rows: Sequence[np.ndarray], begins: np.ndarray, n: int, length: int, rng: np.random.Generator
) -> np.ndarray:
    """Walk n times from something that begins to something that followed it in the rows, and so on."""
    following: dict[tuple, list] = defaultdict(list)
    for row in rows:
        for here, after in itertools.pairwise(map(tuple, row.tolist())):
            following[here].append(after)
    walks = []
    for _ in range(n):
        walk = [tuple(begins[rng.integers(len(begins))].tolist())]
        while len(walk) < length:
            choice = following[walk[-1]] or list(map(tuple, begins.tolist()))
            walk.append(choice[rng.integers(len(choice))])
        walks.append(walk)
    return np.array(walks, np.int32)
