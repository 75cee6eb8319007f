"""A variational autoencoder of notes: 16 numbers from which a note can be heard.

`load_vae` gives a `Vae`: ``encode`` a picture of a note to a small cloud of z, ``decode`` z to a picture,
``listen_to`` z. `generate` plays a new note: of an instrument, at a pitch, or anything.

The formulas are in `audio_edu.generation.vae_networks`, twice; the pictures in
`audio_edu.generation.vae_features`; the training in `audio_edu.generation.vae_training`.

References
----------
Kingma and Welling (2014), Auto-encoding variational Bayes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .._validate import check_audio, check_choice, check_positive, check_range
from ..checkpoints import load_checkpoint, save_checkpoint
from ..reproducible import SEED
from .vae_features import NoteSettings, check_pitches, notes_from_features
from .vae_instruments import Instruments
from .vae_networks import check_latent, gaussian_log_density, kl_divergence
from .vae_pca import Pca

__all__ = ["Vae", "generate", "load_vae", "save_vae"]

#: Lowest and highest pitch of a note drawn from the prior, where none is asked for.
PRIOR_RANGE = (36.0, 84.0)


class Vae:
    """A trained encoder and decoder.

    Parameters
    ----------
    recipe : VaeRecipe
        How it was made.
    pca : Pca
        The directions along which its pictures are described.
    encoder, decoder : keras.Model
        See `audio_edu.generation.vae_networks`.
    instruments : Instruments, optional
        Where in z the training notes of each instrument are.
    card : mapping, optional
        What else is known of it.
    """

    def __init__(
        self,
        recipe: Any,
        pca: Pca,
        encoder: keras.Model,
        decoder: keras.Model,
        *,
        instruments: Instruments | None = None,
        card: Mapping[str, Any] | None = None,
    ):
        self.recipe, self.pca, self.encoder, self.decoder = recipe, pca, encoder, decoder
        self.instruments, self.card = instruments, dict(card or {})

    @property
    def settings(self) -> NoteSettings:
        """How notes become pictures."""
        return self.recipe.settings

    @property
    def sample_rate(self) -> int:
        """Samples a second (Hz)."""
        return self.settings.sample_rate

    @property
    def n_z(self) -> int:
        """Numbers in z."""
        return self.recipe.n_z

    @property
    def sigma(self) -> float:
        """The decoder's standard deviation, in bels: ``p(x|z) = N(h(z), σ² I)``."""
        return self.recipe.sigma_db / 10

    @property
    def n_parameters(self) -> int:
        """How many numbers were learned by gradient; the directions of the PCA are counted apart."""
        return int(self.encoder.count_params() + self.decoder.count_params())

    def encode(self, pictures: np.ndarray, pitches: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """Return ``μ(x)`` and ``log σ²(x)`` [shape=(n_clips, n_z) each].

        Parameters
        ----------
        pictures : np.ndarray [shape=(n_clips, n_bands, n_frames)]
            From `note_features`.
        pitches : sequence of float
            The MIDI number of each.
        """
        coordinates, _ = self.pca.coordinates(self._checked(pictures))
        mean, log_variance = self.encoder([coordinates, _column(pitches, len(coordinates))], training=False)
        return np.array(mean), np.array(log_variance)

    def decode(self, z: np.ndarray, pitches: Sequence[float] | float) -> np.ndarray:
        """Return the pictures ``h(z)`` [shape=(n, n_bands, n_frames)], in bels above the floor.

        Parameters
        ----------
        z : np.ndarray [shape=(n, n_z) or (n_z,)]
        pitches : float or sequence of float
            MIDI numbers: one for all, or one for each.
        """
        z = check_latent(z, self.n_z)
        pitch = _column(pitches, len(z))
        # One by one, so that a note is the same alone as among others: products of larger matrices round
        # otherwise on some processors, and the search for a phase makes more of it.
        pictures = [
            self.pca.pictures(
                np.array(self.decoder([z[i : i + 1], pitch[i : i + 1]], training=False)), self.settings.shape
            )
            for i in range(len(z))
        ]
        return np.maximum(np.concatenate(pictures), 0)

    def listen_to(self, z: np.ndarray, pitches: Sequence[float] | float, *, seed: int = SEED) -> np.ndarray:
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
        loudest = 2 - self.settings.floor_db / 10
        pictures = np.minimum(self.decode(z, pitches), loudest)
        pitches = _column(pitches, len(pictures))[:, 0]
        sounds = notes_from_features(pictures, pitches, self.settings, seed=seed)
        return sounds if np.ndim(z) == 2 else sounds[0]

    def elbo(
        self, pictures: np.ndarray, pitches: Sequence[float], *, n_draws: int = 8, seed: int = SEED
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
        check_positive(n_draws, "n_draws", integer=True)
        coordinates, rest = self.pca.coordinates(self._checked(pictures))
        pitch = _column(pitches, len(coordinates))
        mean, log_variance = (np.array(a) for a in self.encoder([coordinates, pitch], training=False))
        rng = np.random.default_rng(seed)
        squared_error = np.zeros(len(mean))
        for _ in range(n_draws):
            z = mean + np.exp(log_variance / 2) * rng.standard_normal(mean.shape, dtype=np.float32)
            error = coordinates - np.array(self.decoder([z, pitch], training=False))
            squared_error += (np.square(error).sum(axis=1) + rest) / n_draws
        reconstruction = gaussian_log_density(squared_error, self.pca.n_values, self.sigma)
        return np.asarray(reconstruction), np.array(kl_divergence(mean, log_variance))

    def _checked(self, pictures: np.ndarray) -> np.ndarray:
        x = check_audio(np.asarray(pictures), "pictures", ndim=3)
        if x.shape[1:] != self.settings.shape:
            raise ValueError(f"pictures have shape {x.shape}; expected (n_clips, *{self.settings.shape}).")
        return x


def _column(pitches: Sequence[float] | float, n: int) -> np.ndarray:
    """Return pitches as a network wants them [shape=(n, 1)]; a single one counts for all."""
    pitches = np.broadcast_to(pitches, (n,)) if np.ndim(pitches) == 0 else pitches
    return check_pitches(pitches, n).astype(np.float32)[:, np.newaxis]


def generate(
    model: Vae,
    *,
    instrument: str | None = None,
    pitch: float | None = None,
    z: np.ndarray | None = None,
    n: int | None = None,
    temperature: float = 0.7,
    seed: int = SEED,
) -> np.ndarray:
    """Play notes that nobody played.

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
    z : np.ndarray [shape=(n_z,) or (n, n_z)], optional
        Play this, at `pitch` (default 60); then `instrument` and `n` must not be given.
    n : int, optional
        How many notes. Default: one, without the axis for many.
    temperature : float
        The draw's standard deviation is multiplied by it; above 0.
    seed : int
        The same seed, the same notes.

    Returns
    -------
    np.ndarray [shape=(n_samples,) or (n, n_samples)], float32
        Full scale ±1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is said above; the message names it.
    """
    check_positive(temperature, "temperature")
    check_range(seed, "seed", 0, 2**63 - 1, integer=True)
    if z is not None:
        if instrument is not None or n is not None:
            raise ValueError("z says which notes to play; instrument and n must not be given with it.")
        z = np.asarray(z, np.float32)
        return model.listen_to(z, 60.0 if pitch is None else pitch, seed=seed)
    if n is not None:
        check_positive(n, "n", integer=True)
    rng, count = np.random.default_rng(seed), 1 if n is None else n
    if instrument is None:
        pitches = rng.uniform(*PRIOR_RANGE, count) if pitch is None else np.full(count, pitch)
        z = temperature * rng.standard_normal((count, model.n_z), dtype=np.float32)
    elif model.instruments is None:
        raise ValueError("this model knows no instruments; train it with audio-edu train vae.")
    else:
        check_choice(instrument, "instrument", model.instruments.names)
        low, high = model.instruments.range_of(instrument)
        if pitch is not None:
            check_range(pitch, f"pitch (of {instrument})", low, high)
        pitches = rng.uniform(low, high, count) if pitch is None else np.full(count, pitch)
        z = model.instruments.draw(rng, instrument, pitches, temperature)
    sounds = model.listen_to(z, pitches, seed=seed)
    return sounds[0] if n is None else sounds


def save_vae(path: str | Path, model: Vae, card: Mapping[str, Any]) -> None:
    """Write a checkpoint: the weights, the directions and the instruments, and the card beside them.

    Parameters
    ----------
    path : str or Path
        The weights' file, ``.npz``.
    model : Vae
        With its instruments.
    card : mapping
        What is told about it, as JSON can hold it; the recipe is added.
    """
    pca, known = model.pca, model.instruments
    arrays = [pca.mean, pca.directions.astype(np.float16), pca.variances, np.array(pca.rest)]
    arrays += [known.curves, known.spreads, known.ranges] if known else []
    arrays += model.encoder.get_weights() + model.decoder.get_weights()
    told = {"recipe": asdict(model.recipe), "instruments": list(known.names) if known else []}
    save_checkpoint(path, arrays, {"name": "vae", **card, **told})


def load_vae(path: str | Path | None = None) -> Vae:
    """Load a checkpoint.

    Parameters
    ----------
    path : str or Path, optional
        An ``.npz``, or a shipped checkpoint's name, ``vae`` or ``vae_map``. Default: ``vae``.

    Raises
    ------
    FileNotFoundError
        If it is not there; the message says how to make it.
    ValueError
        If it is damaged, or of another kind.
    """
    from .vae_training import VaeRecipe, build_networks

    source = "vae" if path is None else path
    weights, card = load_checkpoint(source, kinds=["vae", "vae_map"])
    damaged = ValueError(f"{source} does not hold the weights of the VAE in its card; train it again.")
    names = card.get("instruments", [])
    n_first = 7 if names else 4
    if len(weights) <= n_first or "recipe" not in card:
        raise damaged
    try:
        recipe = VaeRecipe.from_dict(card["recipe"])
        pca = Pca(weights[0], weights[1].astype(np.float32), weights[2], float(weights[3]))
        encoder, decoder = build_networks(recipe, pca)
        n_encoder = n_first + len(encoder.weights)
        encoder.set_weights(weights[n_first:n_encoder])
        decoder.set_weights(weights[n_encoder:])
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise damaged from error
    instruments = Instruments(tuple(names), *weights[4:7]) if names else None
    return Vae(recipe, pca, encoder, decoder, instruments=instruments, card=card)
