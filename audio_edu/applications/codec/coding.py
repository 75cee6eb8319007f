"""What a trained codec is for: samples in, a small file out, and back.

A file has 17 bytes before its codes: ``HM``, the version, what of the checkpoint's digest tells it from
others, the number of samples, of stages, the level, and a checksum of all the rest. The codes follow, packed
by `ans_encode`: vector after vector, stage after stage, each at the price of its frequency in what the codec
was trained on. The frequencies depend on a class of 16: for the first stage on that of the last vector's
first code, for the others on that of this vector's first code.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..._validate import check_audio, check_range, checked
from ...datasets.speech import LEVEL
from ...signal import active_level_db
from ...training import Trained, adamw, as_array
from .formulas import TOTAL, AnsReader, ans_encode, whole_frequencies
from .model import CodecNetwork
from .recipe import N_STEP, CodecRecipe
from .train_step import codec_step

#: Classes of the first code that frequencies depend on.
N_CLASSES = 16
#: A class's own counts weigh as much as the general ones where it has so many.
_PRIOR = 100
#: Vectors that are coded at once, and that are heard on each side of them: more than the networks see.
BLOCK, CONTEXT = 512, 16
#: Longest file: a day of 8 kHz.
MOST_SAMPLES = 24 * 3600 * 8000
_HEADER = struct.Struct(">2sB4sIBB")
MAGIC, VERSION = b"HM", 1


class Codec(Trained):
    """A codec.

    Parameters
    ----------
    recipe : CodecRecipe
        How it is, or was, trained.
    facts : mapping
        ``sample_rate`` (Hz).

    Attributes
    ----------
    network : CodecNetwork
        Encoder, quantiser, decoder.
    """

    curve_names = ("spectral_loss", "commitment_loss", "perplexity")

    def __init__(self, recipe: CodecRecipe, facts: Mapping[str, Any]):
        self.network = CodecNetwork(recipe)
        rates = {name: getattr(recipe, name) for name in ("learning_rate", "weight_decay", "ema_decay")}
        self.network.compile(adamw(recipe.n_steps, clipnorm=1.0, **rates))
        # all codes are equally frequent until they have been counted
        even = whole_frequencies(np.ones(recipe.n_codes)).astype(np.uint16)
        arrays = {
            "classes": np.zeros(recipe.n_codes, np.uint8),
            "frequencies": np.tile(even, (recipe.n_stages, N_CLASSES, 1)),
        }
        super().__init__(recipe, facts, {"codec": self.network}, arrays)
        self._step: Any = None

    @property
    def n_parameters(self) -> int:
        """How many numbers encoder, decoder and codebooks have."""
        return super().n_parameters + int(np.prod(self.network.quantizer.codebooks.shape))

    @property
    def vectors_per_second(self) -> float:
        """Vectors of codes for a second of sound."""
        return self.sample_rate / N_STEP

    @checked
    def train_on_batch(self, *batch: np.ndarray) -> np.ndarray:
        """Learn from one batch; return the numbers that `curve_names` names."""
        if self._step is None:
            self._step = codec_step(self.network, self.recipe, self.sample_rate)
        return np.array([as_array(number) for number in self._step(*batch)])

    # --- sound and codes ---------------------------------------------------------------------------------

    def vectors(self, x: np.ndarray) -> np.ndarray:
        """Return the encoder's vectors [shape=(n_vectors, n_latent)] of sound at the level of `LEVEL`."""
        x = check_audio(x, "x").astype(np.float32)
        x = np.pad(x, (0, -len(x) % N_STEP))
        found = [
            as_array(self.network.encode(x[None, low * N_STEP : high * N_STEP]))[0, keep]
            for low, high, keep in _blocks(len(x) // N_STEP)
        ]
        return np.concatenate(found)

    def sound(self, vectors: np.ndarray) -> np.ndarray:
        """Return the sound [shape=(128 n_vectors,)] of vectors, quantised or not."""
        vectors, parts = np.asarray(vectors, np.float32), []
        for low, high, keep in _blocks(len(vectors)):
            y = as_array(self.network.decode(vectors[None, low:high]))[0]
            parts.append(y.reshape(-1, N_STEP)[keep].ravel())
        return np.concatenate(parts)

    def codes(self, vectors: np.ndarray) -> np.ndarray:
        """Return the codes [shape=(n_vectors, n_stages)] of vectors, those of all stages."""
        vectors, found = np.asarray(vectors, np.float32), []
        for begin in range(0, len(vectors), BLOCK):
            rows = vectors[None, begin : begin + BLOCK]
            depth = np.full(rows.shape[:2], self.recipe.n_stages)
            found.append(as_array(self.network.quantizer(rows, depth)[1])[0])
        return np.concatenate(found).astype(np.int64)

    def embed(self, codes: np.ndarray) -> np.ndarray:
        """Return the sum of the code vectors [shape=(n_vectors, n_latent)] that codes stand for.

        `codes` [shape=(n_vectors, n)] may be those of the first n stages alone.
        """
        books = as_array(self.network.quantizer.codebooks)
        return np.sum([book[column] for book, column in zip(books, codes.T, strict=False)], axis=0)

    def places(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return start and width of each code among `TOTAL` places, see `ans_encode` [shape of codes]."""
        first = self.arrays["classes"][codes[:, 0]].astype(int)
        widths = self.arrays["frequencies"].astype(np.int64)
        ends = np.cumsum(widths, axis=2)
        stages = np.arange(codes.shape[1])
        context = np.where(stages == 0, np.append(0, first[:-1])[:, None], first[:, None])
        width = widths[stages, context, codes]
        return ends[stages, context, codes] - width, width

    # --- files -------------------------------------------------------------------------------------------

    def encode(self, x: np.ndarray, *, kbps: float | None = None, n_stages: int | None = None) -> bytes:
        """Make a small file of speech.

        Parameters
        ----------
        x : np.ndarray [shape=(n_samples,)]
            Sound at the codec's sample rate.
        kbps : float, optional
            The most kilobits a second, header included. As many stages are kept as fit, and at least one.
        n_stages : int, optional
            Instead: how many stages are kept. Default: all.

        Returns
        -------
        bytes
            The file.

        Raises
        ------
        ValueError
            If `x` is no sound, or longer than a day; or the rate is not positive.
        """
        level, codes = self.analyse(x)
        return self.pack(len(x), level, codes, kbps=kbps, n_stages=n_stages)

    def analyse(self, x: np.ndarray) -> tuple[int, np.ndarray]:
        """Return the level of a sound, as a byte, and its codes [shape=(n_vectors, n_stages)]."""
        x = check_audio(x, "x")
        check_range(len(x), "the number of samples", 1, MOST_SAMPLES, integer=True)
        level, scale = _level(x, self.sample_rate)
        return level, self.codes(self.vectors(x / scale * LEVEL))

    def synthesise(self, n_samples: int, level: int, codes: np.ndarray) -> np.ndarray:
        """Return the sound [shape=(n_samples,)] of codes, those of all stages or of the first ones alone."""
        return (self.sound(self.embed(codes))[:n_samples] / LEVEL * _scale(level)).astype(np.float32)

    def pack(
        self,
        n_samples: int,
        level: int,
        codes: np.ndarray,
        *,
        kbps: float | None = None,
        n_stages: int | None = None,
    ) -> bytes:
        """Return the file of what `analyse` returned; see `encode`."""
        if n_stages is not None:
            check_range(n_stages, "n_stages", 1, self.recipe.n_stages, integer=True)
        if kbps is not None:
            check_range(kbps, "kbps", 0.01, 1000.0)
        starts, widths = self.places(codes)
        most = self.recipe.n_stages if n_stages is None else n_stages
        most_bytes = np.inf if kbps is None else 1000 * kbps * n_samples / self.sample_rate / 8
        # −log₂ p of all that the first stages cost: more than fits need not be tried
        n_bytes = np.cumsum(np.log2(TOTAL / widths).sum(axis=0)) / 8 + _HEADER.size + 4
        most = max(1, min(most, int(np.sum(n_bytes <= most_bytes))))
        while True:
            packed = ans_encode(starts[:, :most].ravel().tolist(), widths[:, :most].ravel().tolist())
            if most == 1 or _HEADER.size + 4 + len(packed) <= most_bytes:
                break
            most -= 1
        head = _HEADER.pack(MAGIC, VERSION, self.fingerprint(), n_samples, most, level)
        return head + zlib.crc32(head + packed).to_bytes(4, "big") + packed

    def decode(self, data: bytes) -> np.ndarray:
        """Return the sound of a file that `encode` made.

        Parameters
        ----------
        data : bytes
            The file, whole.

        Returns
        -------
        np.ndarray [shape=(n_samples,)], float32
            As many samples as were encoded.

        Raises
        ------
        ValueError
            If it is no such file, is damaged or cut, or was written with another checkpoint.
        """
        return self.synthesise(*self.read(data))

    def read(self, data: bytes) -> tuple[int, int, np.ndarray]:
        """Return what stands in a file: the number of samples, the level's code, the codes; see `decode`."""
        start = _HEADER.size + 4
        if not isinstance(data, bytes):
            raise TypeError(f"data is a {type(data).__name__}; expected the bytes of a file.")
        if data[:2] != MAGIC:
            raise ValueError("this is no file of a codec: it does not begin with HM.")
        if data[2:3] and data[2] != VERSION:
            raise ValueError(f"the file is of version {data[2]}; this program reads version {VERSION}.")
        if len(data) < start:
            raise ValueError(f"the file was cut short: it has {len(data)} bytes, less than its header.")
        head, packed = data[: _HEADER.size], data[start:]
        if zlib.crc32(head + packed).to_bytes(4, "big") != data[_HEADER.size : start]:
            raise ValueError("the file is damaged or was cut short: its checksum is another.")
        _, _, fingerprint, n_samples, n_stages, level = _HEADER.unpack(head)
        if fingerprint != self.fingerprint():
            raise ValueError("the file was written with another checkpoint; decode it with that one.")
        if not (1 <= n_stages <= self.recipe.n_stages and 1 <= n_samples <= MOST_SAMPLES):
            raise ValueError("the file's header is of no sound that this codec could have coded.")
        reader, ends = AnsReader(packed), _sums(self.arrays["frequencies"])
        classes = self.arrays["classes"].tolist()
        codes = np.zeros((-(-n_samples // N_STEP), n_stages), np.int64)
        context = 0
        for row in codes:
            for stage in range(n_stages):
                row[stage] = reader.symbol(ends[stage][context])
                if stage == 0:
                    context = classes[row[0]]
        if not reader.is_done():
            raise ValueError("the file goes on after its last code.")
        return n_samples, level, codes

    def fingerprint(self) -> bytes:
        """Return 4 bytes that depend on all that a decoder needs."""
        total = hashlib.sha256()
        arrays = {name: as_array(w) for name, w in self.weights.items() if "encoder" not in name}
        for _, array in sorted({**arrays, **self.arrays}.items()):
            total.update(np.ascontiguousarray(array).tobytes())
        return total.digest()[:4]

    def count(self, clips: list[np.ndarray]) -> None:
        """Count how often each code comes in clips, and keep the frequencies.

        The classes are 16 groups of first-stage code vectors that lie close together (k-means).
        """
        from sklearn.cluster import KMeans

        x = np.concatenate([clip / _level(clip, self.sample_rate)[1] * LEVEL for clip in clips])
        codes = self.codes(self.vectors(x))
        books = as_array(self.network.quantizer.codebooks)
        n_codes = self.recipe.n_codes
        n_first = np.bincount(codes[:, 0], minlength=n_codes)
        groups = KMeans(min(N_CLASSES, n_codes), n_init=4, random_state=self.recipe.seed)
        classes = groups.fit(books[0], sample_weight=n_first + 0.1).labels_
        self.arrays["classes"] = classes.astype(np.uint8)
        first = classes[codes[:, 0]]
        for stage, column in enumerate(codes.T):
            context = np.append(0, first[:-1]) if stage == 0 else first
            general = np.bincount(column, minlength=n_codes) + 0.3
            for k in range(N_CLASSES):
                own = np.bincount(column[context == k], minlength=n_codes)
                counts = own + _PRIOR * general / general.sum()
                self.arrays["frequencies"][stage, k] = whole_frequencies(counts)


def _blocks(n: int) -> Iterator[tuple[int, int, slice]]:
    """Yield where to begin and to end, and which of the vectors between to keep, until all `n` are had."""
    for begin in range(0, n, BLOCK):
        low, high = max(0, begin - CONTEXT), min(n, begin + BLOCK + CONTEXT)
        yield low, high, slice(begin - low, min(n, begin + BLOCK) - low)


def _level(x: np.ndarray, sample_rate: int) -> tuple[int, float]:
    """Return the level of what sounds in x, as a byte in steps of half a decibel, and as a number."""
    level_db = active_level_db(x, sample_rate)
    level = int(np.clip(np.round(2 * (max(level_db, -100.0) + 100)), 0, 255))
    return level, _scale(level)


def _scale(level: int) -> float:
    return float(10 ** ((level / 2 - 100) / 20))


def _sums(frequencies: np.ndarray) -> list[list[list[int]]]:
    ends = np.cumsum(frequencies.astype(np.int64), axis=2)
    return np.pad(ends, ((0, 0), (0, 0), (1, 0))).tolist()
