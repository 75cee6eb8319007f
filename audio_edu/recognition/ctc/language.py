"""What can be said: words and how likely they follow each other, and a search that says nothing else.

References
----------
MacKay and Peto (1995), A hierarchical Dirichlet language model: the smoothing of the n-grams.
Hannun, Maas, Jurafsky and Ng (2014), as in `formulas`: language model and word bonus in the beam search.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np

from ..._validate import checked, shown
from .formulas import BLANK, LEAST_LOG_P, Sums, Width, _add_to, _log_add, encode

Weight = Annotated[float, (-100.0, 100.0)]
Pseudocount = Annotated[float, (1e-6, 1e6)]


@checked
class Grammar:
    """Some words, each as likely after any others, the end of the text among them.

    Parameters
    ----------
    words : sequence of str
        Lower-case words.

    Attributes
    ----------
    words : tuple of str
        The words in the order of the alphabet.
    n : int
        A word's probability depends on the n − 1 words before it.
    tree : dict
        The words as a tree of letters; where a word ends, it stands under the empty string.

    Examples
    --------
    >>> math.exp(Grammar(["one", "two", "three"]).log_probability("two", ["one"]))
    0.25
    """

    n = 1

    def __init__(self, words: Sequence[str]):
        self.words = tuple(sorted(set(words)))
        if not self.words or not all(self.words):
            raise ValueError(
                f"words or texts hold {shown(words)}; expected one word at least, and none empty."
            )
        self.tree: dict[str, Any] = {}
        for word in self.words:
            encode(word)
            node = self.tree
            for letter in word:
                node = node.setdefault(letter, {})
            node[""] = word

    @checked
    def log_probability(self, word: str | None, before: Sequence[str]) -> float:
        """Return ln P(word | words before); None stands for the end.

        Examples
        --------
        >>> Grammar(["one", "two", "three"]).log_probability("two", [])
        -1.3862943611198906
        """
        return -math.log(len(self.words) + 1)

    @checked
    def log_likelihood(self, text: str) -> float:
        """Return ln P of a whole text, its end included.

        Examples
        --------
        >>> round(math.exp(Grammar(["one"]).log_likelihood("one one")), 6)
        0.125
        """
        words = text.split()
        return sum(self.log_probability(word, words[:i]) for i, word in enumerate([*words, None]))

    @checked
    def perplexity(self, texts: Sequence[str]) -> float:
        """Return e to the mean of −ln P(word | before), ends included: among how many words it guesses.

        Examples
        --------
        >>> round(WordNGrams(["one two", "two one"], 2).perplexity(["one two"]), 2)
        2.63
        """
        if not texts:
            raise ValueError("texts is empty; expected one text at least.")
        n = sum(len(text.split()) + 1 for text in texts)
        return math.exp(-sum(self.log_likelihood(text) for text in texts) / n)


@checked
class WordNGrams(Grammar):
    """How often a word follows the n − 1 words before it, counted in texts.

    What was never seen after these words is as likely as after fewer: with h for the words before, and h'
    for the same without the first of them,

    P(w | h) = (n(h, w) + k P(w | h')) / (n(h) + k), and of no words before P(w) = (n(w) + 1) / Σ (n + 1).

    Parameters
    ----------
    texts : sequence of str
        Lower-case words, separated by spaces.
    n : int
        How many words are counted together: 2 for bigrams, 3 for trigrams.
    k : float
        How many counts the shorter ones are worth.

    Examples
    --------
    >>> bigrams = WordNGrams(["one two", "one three", "two one"], 2, k=1.0)
    >>> round(math.exp(bigrams.log_probability("two", ["one"])), 3)
    0.308
    """

    def __init__(self, texts: Sequence[str], n: Annotated[int, (1, 20)], k: Pseudocount = 5.0):
        rows = [text.split() for text in texts]
        super().__init__([word for row in rows for word in row])
        self.n, self.k = n, k
        #: n(h, w) and n(h) of all histories of 0 to n − 1 words
        self._pairs: Counter[tuple] = Counter()
        self._histories: Counter[tuple] = Counter()
        for row in rows:
            for i, word in enumerate([*row, None]):
                whole = self._history(row[:i])
                for m in range(n):
                    history = whole[m:]
                    self._pairs[history, word] += 1
                    self._histories[history] += 1

    def _history(self, before: Sequence[str]) -> tuple[str | None, ...]:
        """The last n − 1 words; None stands before the first."""
        return (*[None] * (self.n - 1 - len(before)), *before[max(0, len(before) - self.n + 1) :])

    @checked
    def log_probability(self, word: str | None, before: Sequence[str]) -> float:
        """Return ln P(word | words before); None stands for the end.

        Examples
        --------
        >>> bigrams = WordNGrams(["one two", "one three", "two one"], 2, k=1.0)
        >>> round(math.exp(bigrams.log_probability(None, ["two"])), 3)
        0.436
        """
        history = self._history(before)
        # P(w) = (n(w) + 1) / Σ (n + 1)
        p = (self._pairs[(), word] + 1) / (self._histories[()] + len(self.words) + 1)
        for m in range(len(history) - 1, -1, -1):
            # P(w | h) = (n(h, w) + k P(w | h')) / (n(h) + k)
            h = history[m:]
            p = (self._pairs[h, word] + self.k * p) / (self._histories[h] + self.k)
        return math.log(p)


@checked
def beam_search_words(
    log_p: np.ndarray,
    symbols: Sequence[str],
    language: Grammar,
    *,
    width: Width = 16,
    weight: Weight = 1.0,
    word_bonus: Weight = 0.0,
) -> str:
    """Search for the best text of known words: a prefix beam search that leaves no other letters.

    The score of a text is ln P(text | x) + weight · ln P(text) + word_bonus · words. A word's language-model
    score is added when the word is complete, that is, at the space behind it or at the end.

    Parameters
    ----------
    log_p : np.ndarray [shape=(n_frames, n_symbols), range=(..., 0]]
        Natural logarithms of the symbols' probabilities in each frame, the blank first.
    symbols : sequence of str
        What each column stands for, for example `SYMBOLS`; one of them is the space.
    language : Grammar
        The words and how likely they are; `WordNGrams` is one, too.
    width : int
        How many beginnings are kept from frame to frame.
    weight : float
        How much the language model counts. The two probabilities are not of one kind: it has to be tuned.
    word_bonus : float
        Added for each word, against the loss that each further word brings.

    Returns
    -------
    str
        The text: complete words only.

    Examples
    --------
    >>> from audio_edu.recognition.ctc import SYMBOLS
    >>> log_p = np.full((3, 29), -9.0)
    >>> log_p[[0, 1, 2], [22, 25, 17]] = -0.1  # t, w, o
    >>> log_p[2, 6] = 0.0  # "twd" would be more probable, were it a word
    >>> beam_search_words(log_p, SYMBOLS, Grammar(["two", "too", "ten"]))
    'two'
    """
    if log_p.ndim != 2 or log_p.shape[1] != len(symbols) or " " not in symbols:
        raise ValueError(
            f"log_p has shape {log_p.shape}; expected (n_frames, {len(symbols)}), one column a symbol, and a "
            "space among the symbols."
        )
    if log_p.max() > 1e-3:
        raise ValueError(f"log_p goes up to {log_p.max():g}; expected natural logarithms of probabilities.")
    column = {symbol: i for i, symbol in enumerate(symbols)}

    def finished(
        node: dict[str, Any], before: tuple[str, ...], score: float
    ) -> tuple[dict[str, Any], tuple[str, ...], float]:
        word = node[""]
        score += weight * language.log_probability(word, before) + word_bonus
        return language.tree, (*before, word)[-language.n :], score

    # of each beginning: where it stands in the tree, the words before, and the language's score so far ...
    places: dict[str, tuple[dict[str, Any], tuple[str, ...], float]] = {"": (language.tree, (), 0.0)}
    # ... and ln P of its paths that end with a blank, and of those that end with its last symbol
    beams: Sums = {"": [0.0, -math.inf]}
    for row in log_p.tolist():
        grown: Sums = {}
        for prefix, (with_blank, with_symbol) in beams.items():
            both = _log_add(with_blank, with_symbol)
            node, before, score = places[prefix]
            _add_to(grown, prefix, 0, both + row[BLANK])
            last = prefix[-1:]
            if last:
                _add_to(grown, prefix, 1, with_symbol + row[column[last]])
            for symbol in node:
                letter = symbol or " "
                log_probability = row[column[letter]] if letter in column else -math.inf
                if log_probability < LEAST_LOG_P:
                    continue
                longer = prefix + letter
                if longer not in places:
                    places[longer] = (
                        (node[letter], before, score) if symbol else finished(node, before, score)
                    )
                _add_to(grown, longer, 1, (with_blank if letter == last else both) + log_probability)
        ranked = sorted(grown.items(), key=lambda each: -_log_add(*each[1]) - places[each[0]][2])
        beams = dict(ranked[:width])

    best, best_score = "", -math.inf
    for prefix, sums in beams.items():
        node, before, score = places[prefix]
        if "" in node:  # a word ends here; at the root none has begun
            _, before, score = finished(node, before, score)
        elif node is not language.tree:
            continue
        total = _log_add(*sums) + score + weight * language.log_probability(None, before)
        if total > best_score:
            best, best_score = prefix.strip(), total
    return best
