"""What can be said: words and how likely they follow each other, and a search that says nothing else.

References
----------
MacKay and Peto (1995), A hierarchical Dirichlet language model: the smoothing of the bigrams.
Hannun, Maas, Jurafsky and Ng (2014), as in `formulas`: language model and word bonus in the beam search.
"""

import itertools
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
    """Some words, each as likely after any other, the end of the text among them.

    Parameters
    ----------
    words : sequence of str
        Lower-case words.

    Attributes
    ----------
    words : tuple of str
        The words in the order of the alphabet.
    tree : dict
        The words as a tree of letters; where a word ends, it stands under the empty string.

    Examples
    --------
    >>> math.exp(Grammar(["one", "two", "three"]).log_probability("two", None))
    0.25
    """

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
    def log_probability(self, word: str | None, previous: str | None) -> float:
        """Return ln P(word | previous); None stands for the end, and for the start.

        Examples
        --------
        >>> Grammar(["one", "two", "three"]).log_probability("two", None)
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
        words = [None, *text.split(), None]
        return sum(self.log_probability(word, v) for v, word in itertools.pairwise(words))

    @checked
    def perplexity(self, texts: Sequence[str]) -> float:
        """Return e to the mean of −ln P(word | previous), ends included: among how many words it guesses.

        Examples
        --------
        >>> round(WordBigrams(["one two", "two one"]).perplexity(["one two"]), 2)
        2.63
        """
        if not texts:
            raise ValueError("texts is empty; expected one text at least.")
        n = sum(len(text.split()) + 1 for text in texts)
        return math.exp(-sum(self.log_likelihood(text) for text in texts) / n)


@checked
class WordBigrams(Grammar):
    """How often a word follows another, counted in texts.

    Pairs that were not seen get a share by how frequent the word is, and words by one each that is added:
    P(w | v) = (n(v, w) + k P(w)) / (n(v) + k), P(w) = (n(w) + 1) / (n + number of words + 1).

    Parameters
    ----------
    texts : sequence of str
        Lower-case words, separated by spaces.
    k : float
        How many counts the smoothing is worth.

    Examples
    --------
    >>> bigrams = WordBigrams(["one two", "one three", "two one"], k=1.0)
    >>> round(math.exp(bigrams.log_probability("two", "one")), 3)
    0.308
    """

    def __init__(self, texts: Sequence[str], k: Pseudocount = 5.0):
        rows = [[None, *text.split(), None] for text in texts]
        super().__init__([word for row in rows for word in row[1:-1]])
        self.k = k
        self._pairs = Counter(pair for row in rows for pair in itertools.pairwise(row))
        self._first, self._second = Counter(), Counter()
        for (v, w), n in self._pairs.items():
            self._first[v] += n
            self._second[w] += n
        self._n = sum(self._second.values()) + len(self.words) + 1

    @checked
    def log_probability(self, word: str | None, previous: str | None) -> float:
        """Return ln P(word | previous); None stands for the end, and for the start.

        Examples
        --------
        >>> bigrams = WordBigrams(["one two", "one three", "two one"], k=1.0)
        >>> round(math.exp(bigrams.log_probability(None, "two")), 3)
        0.436
        """
        # P(w) = (n(w) + 1) / (n + V + 1)
        p = (self._second[word] + 1) / self._n
        # P(w | v) = (n(v, w) + k P(w)) / (n(v) + k)
        return math.log((self._pairs[previous, word] + self.k * p) / (self._first[previous] + self.k))


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
        The words and how likely they are; `WordBigrams` is one, too.
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

    def finished(score: float, node: dict[str, Any], previous: str | None) -> float:
        return score + weight * language.log_probability(node[""], previous) + word_bonus

    # of each beginning: where it stands in the tree, the word before, and the language's score so far ...
    places: dict[str, tuple[dict[str, Any], str | None, float]] = {"": (language.tree, None, 0.0)}
    # ... and ln P of its paths that end with a blank, and of those that end with its last symbol
    beams: Sums = {"": [0.0, -math.inf]}
    for row in log_p.tolist():
        grown: Sums = {}
        for prefix, (with_blank, with_symbol) in beams.items():
            both = _log_add(with_blank, with_symbol)
            node, previous, score = places[prefix]
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
                        (node[letter], previous, score)
                        if symbol
                        else (language.tree, node[""], finished(score, node, previous))
                    )
                _add_to(grown, longer, 1, (with_blank if letter == last else both) + log_probability)
        ranked = sorted(grown.items(), key=lambda each: -_log_add(*each[1]) - places[each[0]][2])
        beams = dict(ranked[:width])

    best, best_score = "", -math.inf
    for prefix, sums in beams.items():
        node, previous, score = places[prefix]
        if "" in node:  # a word ends here; at the root none has begun
            previous, score = node[""], finished(score, node, previous)
        elif node is not language.tree:
            continue
        total = _log_add(*sums) + score + weight * language.log_probability(None, previous)
        if total > best_score:
            best, best_score = prefix.strip(), total
    return best
