"""Everything that decides how a VAE of notes comes out: `VaeRecipe`, and the recipes of those that ship."""

from dataclasses import dataclass, field

import librosa
import numpy as np

from ..._validate import check_positive, check_range, checked
from ...training.recipe import Recipe, check_sizes

#: Bands that are not aligned begin an octave below this MIDI number.
UNALIGNED_PITCH = 35.0


@checked
@dataclass(frozen=True)
class NoteSettings:
    """How samples become a picture: a spectrogram with bands that are evenly spaced in log frequency.

    Parameters
    ----------
    sample_rate : int
        Samples a second (Hz).
    n_samples : int
        Samples in a note; shorter ones are filled up with silence, longer ones cut.
    n_fft, hop_length : int
        Samples in a frame, and from frame to frame.
    bands_per_octave, n_bands : int
        The grid of log frequency.
    aligned : bool
        Whether the bands begin an octave below the note's own pitch. If not, they begin at MIDI number 23,
        30.9 Hz, for every note, and the pitch is somewhere in the picture.
    floor_db : float
        Level that counts as silence, in dB relative to a full-scale sine.
    """

    sample_rate: int = 16000
    n_samples: int = 16000
    n_fft: int = 2048
    hop_length: int = 512
    bands_per_octave: int = 36
    n_bands: int = 288
    aligned: bool = True
    floor_db: float = -80.0

    def __post_init__(self) -> None:
        check_sizes(self, n_samples=1 << 20, n_fft=1 << 16, hop_length=1 << 16, bands_per_octave=256)
        check_sizes(self, n_bands=2048)
        if np.prod(self.shape) > 1 << 16:
            raise ValueError(
                f"n_bands and n_samples / hop_length make {self.shape}; expected 65,536 at most."
            )

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of a picture: bands, frames. Frame t is centred on sample ``t · hop_length``."""
        return self.n_bands, 1 + self.n_samples // self.hop_length

    @property
    def loudest(self) -> float:
        """The largest value that can be made audible: 20 dB above a full-scale sine, in bels."""
        return 2 - self.floor_db / 10

    @checked
    def band_hz(self, pitch: float) -> np.ndarray:
        """Centre of each band for a note of this pitch (a MIDI number) [shape=(n_bands,)], in Hz."""
        lowest = (pitch if self.aligned else UNALIGNED_PITCH) - 12
        return librosa.midi_to_hz(lowest) * 2 ** (np.arange(self.n_bands) / self.bands_per_octave)


@checked
@dataclass(frozen=True, kw_only=True)
class VaeRecipe(Recipe):
    """Everything that decides what comes out of a training.

    Parameters
    ----------
    n_z : int
        Latent numbers.
    n_hidden : int
        Units in each of the two hidden layers of encoder and decoder.
    n_directions : int
        Principal directions that describe a picture.
    linear_skip : bool
        Whether encoder and decoder have a fixed linear skip connection, which is PCA, and learn only what is
        to be added to it.
    sigma_db : float
        The decoder's standard deviation σ_x: the error one should expect on an instrument never heard, in
        dB. It was chosen by holding presets out; learned on the training notes it would come out too small.
    beta : float
        Weight of the divergence.
    warm_up : float
        β rises from 0 to its value during this share of the steps.
    free_nats : float
        Divergence that each latent number may have for nothing (free bits).
    n_steps, batch_size : int
        How long, how many notes at once.
    learning_rate, weight_decay, ema_decay : float
        See `audio_edu.training.adamw`.
    semitones, semitone_step : float
        Each note is also played at other pitches, so far up and down, in steps of so much.
    seed : int
        Where all chance comes from.
    settings : NoteSettings
        How samples become pictures.
    """

    n_z: int = 16
    n_hidden: int = 512
    n_directions: int = 256
    linear_skip: bool = True
    sigma_db: float = 4.5
    beta: float = 20.0
    warm_up: float = 0.1
    free_nats: float = 0.0
    n_steps: int = 4_000
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    ema_decay: float = 0.995
    semitones: float = 3.0
    semitone_step: float = 1.0
    settings: NoteSettings = field(default_factory=NoteSettings)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, n_z=1024, n_hidden=4096, n_directions=2048, batch_size=4096)
        for name in ("sigma_db", "learning_rate", "semitone_step"):
            check_positive(getattr(self, name), name)
        for name in ("warm_up", "ema_decay"):
            check_range(getattr(self, name), name, 0.0, 1.0)
        for name in ("beta", "free_nats", "weight_decay", "semitones"):
            check_range(getattr(self, name), name, 0.0, 1e9)
        if self.n_z > self.n_directions:
            raise ValueError(f"n_z is {self.n_z}, more than the {self.n_directions} directions.")


#: What ships: 16 latent numbers; and two, so that all of z fits on a page.
RECIPES = {
    "vae": VaeRecipe(),
    "vae_map": VaeRecipe(n_z=2, n_hidden=256, n_directions=128, sigma_db=6.0),
}
TINY = VaeRecipe(
    n_z=3,
    n_hidden=16,
    n_directions=8,
    n_steps=60,
    batch_size=8,
    semitones=0.0,
    settings=NoteSettings(n_samples=8000, n_fft=1024, bands_per_octave=12, n_bands=72),
)
