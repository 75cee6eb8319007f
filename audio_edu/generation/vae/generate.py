"""A variational autoencoder of notes: 16 numbers from which a note can be heard.

A `Vae` can ``encode`` a picture of a note to a small cloud of z, ``decode`` z to a picture, and turn z
``to_audio``. `generate` makes a new note: of an instrument, at a pitch, or anything.

References
----------
Kingma and Welling (2014), Auto-encoding variational Bayes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from ..._validate import Seed, Size, check_audio, check_choice, check_positive, check_range, checked
from ...reproducible import SEED
from ...training import Trained, as_array
from .features import check_pitches, notes_from_features
from .instruments import DEGREE, Instruments
from .model import NegativeElbo, build_decoder, build_encoder, gaussian_log_density, kl_divergence
from .pca import Pca
from .recipe import VaeRecipe

#: Lowest and highest pitch of a note drawn from the prior, where none is asked for.
PRIOR_RANGE = (36.0, 84.0)
#: What an `Instruments` has beside the names.
LEARNED = ("curves", "spreads", "ranges")


class Vae(Trained):
    """An encoder and a decoder, the directions that they work on, and where in z each instrument is.

    Parameters
    ----------
    recipe : VaeRecipe
        How it is, or was, trained.
    facts : mapping
        ``sample_rate``, and ``label_names``: the instruments that it is trained on.
    criterion : type of NegativeElbo
        What is minimised.

    Attributes
    ----------
    settings : NoteSettings
        How samples become pictures.
    n_z : int
        Latent numbers.
    sigma : float
        The decoder's standard deviation, in bels.
    criterion : NegativeElbo
        Encoder, draw and decoder; it is compiled with the optimizer.
    """

    def __init__(
        self, recipe: VaeRecipe, facts: Mapping[str, Any], criterion: type[NegativeElbo] = NegativeElbo
    ):
        self.settings, self.n_z, self.sigma = recipe.settings, recipe.n_z, recipe.sigma_db / 10
        n_values, n_instruments = int(np.prod(recipe.settings.shape)), len(facts["label_names"])
        n_z, n_directions = recipe.n_z, recipe.n_directions
        arrays = {
            "pca/mean": np.zeros(n_values, np.float32),
            "pca/directions": np.zeros((n_directions, n_values), np.float16),
            "pca/variances": np.zeros(n_directions, np.float32),
            "pca/rest": np.zeros(()),
            "instruments/curves": np.zeros((n_instruments, DEGREE + 1, n_z), np.float32),
            "instruments/spreads": np.zeros((n_instruments, n_z, n_z), np.float32),
            "instruments/ranges": np.zeros((n_instruments, 2), np.float32),
        }
        self.encoder, self.decoder = build_encoder(recipe), build_decoder(recipe)
        super().__init__(recipe, facts, {"encoder": self.encoder, "decoder": self.decoder}, arrays)
        self.criterion = criterion(self.encoder, self.decoder, n_values, self.sigma, recipe.free_nats)

    @property
    def n_parameters(self) -> int:
        """How many numbers were learned by gradient; the directions of the PCA are counted apart."""
        return int(sum(np.prod(w.shape) for w in self.criterion.trainable_weights))

    @property
    def optimizers(self) -> list[tuple[Any, Any]]:
        """The optimizer of both networks, with what it changes."""
        return [(self.criterion.optimizer, self.criterion)]

    @checked
    def train_on_batch(self, *batch: Any) -> Any:
        """Learn from one batch; return minus the ELBO, with β, for each value of a picture."""
        return self.criterion.train_on_batch(list(batch))

    @property
    def pca(self) -> Pca:
        """The directions along which pictures are described."""
        mean, directions, variances, rest = (
            self.arrays[f"pca/{name}"] for name in ("mean", "directions", "variances", "rest")
        )
        return Pca(mean, directions.astype(np.float32), variances, float(rest))

    @pca.setter
    def pca(self, pca: Pca) -> None:
        halved = pca.directions.astype(np.float16)  # exact: they are rounded when fitted
        values = vars(pca) | {"directions": halved, "rest": np.array(pca.rest)}
        self.arrays |= {f"pca/{name}": value for name, value in values.items()}
        scales = {"typical": np.sqrt(pca.variances.mean(keepdims=True))}
        if self.recipe.linear_skip:
            scales["spread"] = np.sqrt(pca.variances[: self.n_z])
        for name, scale in scales.items():
            self.encoder.get_layer(name).scale.assign(1 / scale)
            self.decoder.get_layer(name).scale.assign(scale)

    @property
    def instruments(self) -> Instruments:
        """Where in the latent space the training notes of each instrument are."""
        return Instruments(self.label_names, *(self.arrays[f"instruments/{name}"] for name in LEARNED))

    @instruments.setter
    def instruments(self, instruments: Instruments) -> None:
        self.arrays |= {f"instruments/{name}": getattr(instruments, name) for name in LEARNED}

    @checked
    def encode(self, pictures: np.ndarray, pitches: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """Return ``μ(x)`` and ``log σ²(x)`` [shape=(n_clips, n_z) each].

        Parameters
        ----------
        pictures : np.ndarray [shape=(n_clips, n_bands, n_frames)]
            From `note_features`.
        pitches : sequence of float
            The MIDI number of each.
        """
        return self.posterior(self.pca.transform(self._checked(pictures)), pitches)

    @checked
    def posterior(self, coordinates: np.ndarray, pitches: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """Return the same for coordinates [shape=(n_clips, n_directions)] along the principal directions."""
        pitch = _column(pitches, len(coordinates))
        mean, log_variance = self.encoder([coordinates, pitch], training=False)
        return as_array(mean), as_array(log_variance)

    @checked
    def decode(self, z: np.ndarray, pitches: Sequence[float] | float) -> np.ndarray:
        """Return the pictures ``h(z)`` [shape=(n, n_bands, n_frames)], in bels above the floor.

        Parameters
        ----------
        z : np.ndarray [shape=(n, n_z) or (n_z,)]
        pitches : float or sequence of float
            MIDI numbers: one for all, or one for each.
        """
        z = check_audio(z.astype(np.float32), "z", ndim=(1, 2))
        if z.shape[-1] != self.n_z:
            raise ValueError(
                f"z has shape {z.shape}; expected ({self.n_z},) or (n, {self.n_z}): the model has {self.n_z} "
                "numbers."
            )
        z = np.atleast_2d(z)
        pca, pitch = self.pca, _column(pitches, len(z))
        # One by one, so that a note is the same alone as among others: products of larger matrices round
        # otherwise on some processors, and the search for a phase makes more of it.
        coordinates = (self._decoded(z[i : i + 1], pitch[i : i + 1]) for i in range(len(z)))
        pictures = np.concatenate([pca.inverse_transform(c) for c in coordinates])
        return np.maximum(pictures, 0).reshape(len(z), *self.settings.shape)

    @checked
    def to_audio(self, z: np.ndarray, pitches: Sequence[float] | float, *, seed: Seed = SEED) -> np.ndarray:
        """Return the sounds of some z.

        Parameters
        ----------
        z : np.ndarray [shape=(n, n_z) or (n_z,)]
        pitches : float or sequence of float
            MIDI numbers: one for all, or one for each.
        seed : int
            Of the phase from which Griffin-Lim starts.

        Returns
        -------
        np.ndarray [shape=(n, n_samples) or (n_samples,)], float32
        """
        pictures = np.minimum(self.decode(z, pitches), self.settings.loudest)
        pitches = _column(pitches, len(pictures))[:, 0]
        sounds = notes_from_features(pictures, pitches, self.settings, seed=seed)
        return sounds if np.ndim(z) == 2 else sounds[0]

    @checked
    def elbo(
        self, pictures: np.ndarray, pitches: Sequence[float], *, n_draws: Size = 8, seed: Seed = SEED
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the two terms of each picture's evidence lower bound, in nats (β = 1, no free bits).

        Parameters
        ----------
        pictures : np.ndarray [shape=(n_clips, n_bands, n_frames)]
        pitches : sequence of float
            The MIDI number of each.
        n_draws : int
            The expectation over q(z|x) is a mean over so many draws.
        seed : int
            Of the draws.

        Returns
        -------
        reconstruction : np.ndarray [shape=(n_clips,)]
            ``E_q log p(x|z)``.
        kl : np.ndarray [shape=(n_clips, n_z)]
            The divergence of each latent dimension. ``ELBO = reconstruction − kl.sum(axis=1)``.
        """
        pca, pictures = self.pca, self._checked(pictures)
        coordinates, pitch = pca.transform(pictures), _column(pitches, len(pictures))
        rest = pca.squared_distance(pictures, coordinates)
        mean, log_variance = self.posterior(coordinates, pitches)
        rng = np.random.default_rng(seed)
        squared_error = np.zeros(len(mean))
        for _ in range(n_draws):
            z = mean + np.exp(log_variance / 2) * rng.standard_normal(mean.shape, dtype=np.float32)
            error = coordinates - self._decoded(z, pitch)
            squared_error += (np.square(error).sum(axis=1) + rest) / n_draws
        reconstruction = gaussian_log_density(squared_error, pca.n_values, self.sigma)
        kl = kl_divergence(ops.convert_to_tensor(mean), ops.convert_to_tensor(log_variance))
        return reconstruction, as_array(kl)

    def _decoded(self, z: np.ndarray, pitch: np.ndarray) -> np.ndarray:
        return as_array(self.decoder([z, pitch], training=False))

    def _checked(self, pictures: ArrayLike) -> np.ndarray:
        x = check_audio(np.asarray(pictures), "pictures", ndim=3)
        if x.shape[1:] != self.settings.shape:
            raise ValueError(f"pictures have shape {x.shape}; expected (n_clips, *{self.settings.shape}).")
        return x


def _column(pitches: Sequence[float] | float, n: int) -> np.ndarray:
    """Return pitches as a network wants them [shape=(n, 1)]; a single one counts for all."""
    pitches = np.broadcast_to(pitches, (n,)) if np.ndim(pitches) == 0 else pitches
    return check_pitches(pitches, n).astype(np.float32)[:, np.newaxis]


@checked
def generate(
    model: Vae,
    *,
    instrument: str | None = None,
    pitch: float | None = None,
    temperature: float = 0.7,
    seed: int = SEED,
) -> np.ndarray:
    """Make a note that nobody played.

    Parameters
    ----------
    model : Vae
        From `load_vae`.
    instrument : str, optional
        One of ``model.instruments.names``: z is drawn around the training notes of that instrument.
        Default: z is drawn from the prior.
    pitch : float, optional
        MIDI number, within the instrument's range; need not be whole. Default: drawn from that range, for the
        prior from 36 to 84.
    temperature : float
        The draw's standard deviation is multiplied by it; above 0.
    seed : int
        The same seed, the same note.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32
        Full scale ±1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is said above; the message names it.
    """
    check_positive(temperature, "temperature")
    check_range(seed, "seed", 0, 2**63 - 1, integer=True)
    rng = np.random.default_rng(seed)
    if instrument is None:
        low, high = PRIOR_RANGE
    else:
        check_choice(instrument, "instrument", model.instruments.names)
        low, high = model.instruments.range_of(instrument)
    pitches = rng.uniform(low, high, 1) if pitch is None else np.array([pitch])
    if instrument is None:
        z = temperature * rng.standard_normal((1, model.n_z), dtype=np.float32)
    else:
        z = model.instruments.draw(rng, instrument, pitches, temperature)
    return model.to_audio(z, pitches, seed=seed)[0]
