"""How a codec is made: everything that decides what comes out of ``audio-edu train codec``."""

from dataclasses import dataclass

from ..._validate import check_positive, check_range, checked
from ...training import Recipe
from ...training.recipe import check_sizes

#: Samples from one frame of the spectrogram to the next, and frames for one vector of codes.
HOP_LENGTH, STRIDE = 64, 2
#: Samples of a frame, of the encoder's spectrogram and of the decoder's.
N_FFT = 4 * HOP_LENGTH
#: Samples for one vector of codes: 16 ms at 8 kHz.
N_STEP = HOP_LENGTH * STRIDE


@checked
@dataclass(frozen=True, kw_only=True)
class CodecRecipe(Recipe):
    """Everything that decides what comes out of a training.

    Parameters
    ----------
    batch_size : int
        Segments in a step.
    n_vectors : int
        Vectors, of 16 ms each, in a segment; a multiple of 2.
    channels : int
        Channels of all blocks.
    encoder_blocks, decoder_blocks : tuple of int
        Blocks before and after the change of the frame rate.
    n_latent : int
        Numbers in a vector that is quantised.
    n_stages, n_codes : int
        Stages of the residual quantiser, and codes of each.
    codebook_decay : float
        The decay of the moving averages that are the codes.
    dead : float
        A code that is used less often than this share of the average is replaced.
    commitment : float
        The weight of the commitment loss.
    learning_rate : float
        Adam's.
    weight_decay, ema_decay : float
        See `audio_edu.training.adamw`.
    """

    batch_size: int = 32
    n_vectors: int = 64
    channels: int = 192
    encoder_blocks: tuple[int, int] = (1, 2)
    decoder_blocks: tuple[int, int] = (2, 4)
    n_latent: int = 48
    n_stages: int = 12
    n_codes: int = 1024
    codebook_decay: float = 0.99
    dead: float = 0.03
    commitment: float = 0.05
    learning_rate: float = 8e-4
    weight_decay: float = 1e-2
    ema_decay: float = 0.998

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, batch_size=1024, n_vectors=4096, channels=1024, encoder_blocks=64)
        check_sizes(self, decoder_blocks=64, n_latent=1024, n_stages=64, n_codes=4096)
        if self.n_vectors % 2:
            raise ValueError(f"n_vectors is {self.n_vectors}; expected a multiple of 2.")
        for name in ("codebook_decay", "dead", "ema_decay"):
            check_range(getattr(self, name), name, 0.0, 1.0)
        for name in ("commitment", "weight_decay"):
            check_range(getattr(self, name), name, 0.0, 100.0)
        check_positive(self.learning_rate, "learning_rate")


#: What ships.
RECIPES = {"codec": CodecRecipe(n_steps=12_000)}
TINY = CodecRecipe(
    n_steps=4,
    batch_size=2,
    n_vectors=8,
    channels=8,
    encoder_blocks=(1, 1),
    decoder_blocks=(1, 1),
    n_latent=4,
    n_stages=3,
    n_codes=8,
    ema_decay=0.9,
)
