"""What a trained one is for: samples in, tags out, and when each of them sounds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import keras
import numpy as np

from ..._validate import Share, Size, check_audio, checked
from ...training import Trained
from .features import frames
from .model import STEP
from .recipe import TaggingRecipe

#: Longer recordings are tagged in pieces as long as training knew them (s); each overlaps the next by half.
PIECE_S = 4.0
#: From what probability on a tag is given, and a frame of such a tag counts as sounding.
THRESHOLD, FRAME_THRESHOLD = 0.5, 0.1
#: Pauses shorter than this are filled, and events shorter than this are left out (s). With the threshold of
#: frames they were chosen, from a grid, on 300 scenes of the sources that the network had learned from.
GAP_S, SHORTEST_S = 1.0, 0.3


@checked
@dataclass(frozen=True)
class Event:
    """A tag, when it sounds (seconds), and how probable its surest moment is.

    Examples
    --------
    >>> Event(0.5, 1.5, "bird", 0.9).end_s
    1.5
    """

    start_s: float
    end_s: float
    tag: str
    probability: float


class Tagger(Trained):
    """A network that says what it hears.

    Parameters
    ----------
    recipe : TaggingRecipe
        How it was made.
    facts : mapping
        ``label_names`` and ``sample_rate``.
    network : keras.Model
        From frames to the probabilities of a clip.
    """

    def __init__(self, recipe: TaggingRecipe, facts: Mapping[str, Any], network: keras.Model):
        super().__init__(recipe, facts, {"network": network})
        self.network = network
        pooled = network.get_layer("tags")
        clip, present, weights = pooled.output
        # the same layers, with what lies on the way shown
        self._inside = keras.Model(network.inputs, [clip, present, weights, pooled.input])

    @property
    def frame_s(self) -> float:
        """Seconds between two frames of `timeline`."""
        return STEP * self.recipe.settings.hop_length / self.sample_rate

    def _look(self, x: np.ndarray) -> list[np.ndarray]:
        x = check_audio(x, "x", ndim=2).astype(np.float32)
        least = self.recipe.settings.n_fft + STEP * self.recipe.settings.hop_length  # two frames
        x = np.pad(x, ((0, 0), (0, max(0, least - x.shape[1]))))
        return self._inside.predict_on_batch(frames(x, self.recipe.settings))

    def probabilities(self, clips: np.ndarray) -> np.ndarray:
        """Return the probability of each tag in clips of one length.

        Parameters
        ----------
        clips : np.ndarray [shape=(n_clips, n_samples)]
            Samples at the network's rate, any level.

        Returns
        -------
        np.ndarray [shape=(n_clips, n_tags)]
        """
        return np.concatenate([self._look(part)[0] for part in _in_parts(clips)])

    def embeddings(self, clips: np.ndarray) -> np.ndarray:
        """Return what the last convolution says of clips: mean and maximum over time [shape=(n_clips, n)]."""
        found = [self._look(part)[3] for part in _in_parts(clips)]
        return np.concatenate([np.concatenate([e.mean(axis=1), e.max(axis=1)], axis=1) for e in found])

    def inside(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the tags of one clip, of its frames, and how much each frame counts.

        Parameters
        ----------
        x : np.ndarray [shape=(n_samples,)]
            Samples at the network's rate, not longer than some seconds.

        Returns
        -------
        P : np.ndarray [shape=(n_tags,)]
        p, a : np.ndarray [shape=(n_frames, n_tags)]
            One row for every 80 ms.
        """
        P, p, a, _ = self._look(check_audio(x, "x")[None])
        return P[0], p[0], a[0]

    def timeline(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the tags of a recording of any length, and of each of its frames.

        Parameters
        ----------
        x : np.ndarray [shape=(n_samples,)]
            Samples at the network's rate.

        Returns
        -------
        P : np.ndarray [shape=(n_tags,)]
            The surest piece counts.
        p : np.ndarray [shape=(n_frames, n_tags)]
            One row for every 80 ms; where two pieces overlap, their mean.
        """
        x = check_audio(x, "x")
        hop = STEP * self.recipe.settings.hop_length
        n_frames = -(-len(x) // hop)
        total = np.zeros((n_frames, len(self.label_names)), np.float32)
        count = np.zeros((n_frames, 1), np.float32)
        best = np.zeros(len(self.label_names), np.float32)
        for start, end in pieces(len(x), round(PIECE_S * self.sample_rate), hop):
            P, p, _ = self.inside(x[start:end])
            p = p[: -(-(end - start) // hop)]
            rows = slice(start // hop, start // hop + len(p))
            total[rows] += p
            count[rows] += 1
            best = np.maximum(best, P)
        return best, total / np.maximum(count, 1)

    def tags(self, x: np.ndarray, *, threshold: Share = THRESHOLD) -> dict[str, float]:
        """Return the tags of a recording with their probabilities, the surest first."""
        P, _ = self.timeline(x)
        order = np.argsort(-P)
        return {self.label_names[k]: float(P[k]) for k in order if P[k] >= threshold}

    def events(
        self, x: np.ndarray, *, threshold: Share = THRESHOLD, frame_threshold: Share = FRAME_THRESHOLD
    ) -> list[Event]:
        """Return what sounds when, in order of time.

        Parameters
        ----------
        x : np.ndarray [shape=(n_samples,)]
            Samples at the network's rate.
        threshold : float
            The least probability of a tag in the recording.
        frame_threshold : float
            The least probability of a frame.
        """
        P, p = self.timeline(x)
        found = []
        for k in np.flatnonzero(P >= threshold):
            for start, end in runs(p[:, k] >= frame_threshold, self.frame_s):
                peak = float(p[int(start / self.frame_s + 0.5) : int(end / self.frame_s + 0.5), k].max())
                end = min(end, len(x) / self.sample_rate)
                found.append(Event(start, end, self.label_names[k], peak))
        return sorted(found, key=lambda event: (event.start_s, event.tag))


@checked
def runs(on: np.ndarray, frame_s: float) -> list[tuple[float, float]]:
    """Return when something is on (s): short pauses are filled, and what is short is left out.

    Examples
    --------
    >>> runs(np.array([0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 1]), 0.3)
    [(0.3, 1.8), (3.0, 3.3)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (on > 0).astype(int), [0]])))
    spans: list[tuple[int, int]] = []
    for start, end in edges.reshape(-1, 2):
        if spans and (start - spans[-1][1]) * frame_s < GAP_S:
            spans[-1] = spans[-1][0], int(end)
        else:
            spans.append((int(start), int(end)))
    return [
        (round(a * frame_s, 4), round(b * frame_s, 4)) for a, b in spans if (b - a) * frame_s >= SHORTEST_S
    ]


@checked
def pieces(n_samples: Annotated[int, (1, 1 << 40)], n_piece: Size, hop: Size) -> list[tuple[int, int]]:
    """Cut a recording into pieces that overlap by half; each begins at a multiple of `hop`.

    Examples
    --------
    >>> pieces(10, 4, 1)
    [(0, 4), (2, 6), (4, 8), (6, 10)]
    """
    step = max(hop, n_piece // 2 // hop * hop)
    starts = range(0, max(1, n_samples - n_piece + step), step)
    return [(start, min(start + n_piece, n_samples)) for start in starts]


def _in_parts(clips: Any, n: int = 32) -> Iterator[np.ndarray]:
    clips = check_audio(clips, "clips", ndim=2)
    for start in range(0, len(clips), n):
        yield clips[start : start + n]


@checked
def as_tags(events: Sequence[Event]) -> dict[str, list[tuple[float, float]]]:
    """Return events as `audio_edu.widgets.listen` takes them: the times of each tag.

    Examples
    --------
    >>> as_tags([Event(0.0, 1.0, "rain", 0.9), Event(2.0, 3.0, "rain", 0.8)])
    {'rain': [(0.0, 1.0), (2.0, 3.0)]}
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for event in events:
        found.setdefault(event.tag, []).append((event.start_s, event.end_s))
    return found
