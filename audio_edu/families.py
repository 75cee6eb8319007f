"""The one table of all families: checkpoint names, what each is, and how to get at it.

Families are imported when they are asked for: a list of names, or ``--help``, loads no network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ._validate import check_choice

if TYPE_CHECKING:  # the protocol alone; importing it would load Keras
    from .training import Family


def _cnn() -> Family:
    from .recognition.cnn.family import FAMILY

    return FAMILY


def _rnn() -> Family:
    from .recognition.rnn.family import FAMILY

    return FAMILY


def _attention() -> Family:
    from .recognition.attention.family import FAMILY

    return FAMILY


def _ctc() -> Family:
    from .recognition.ctc.family import FAMILY

    return FAMILY


def _tagging() -> Family:
    from .recognition.tagging.family import FAMILY

    return FAMILY


def _gan() -> Family:
    from .generation.gan.family import FAMILY

    return FAMILY


def _vae() -> Family:
    from .generation.vae.family import FAMILY

    return FAMILY


def _wavenet() -> Family:
    from .generation.wavenet.family import FAMILY

    return FAMILY


def _flow() -> Family:
    from .generation.flow.family import FAMILY

    return FAMILY


def _vocoder() -> Family:
    from .generation.vocoder.family import FAMILY

    return FAMILY


def _tacotron() -> Family:
    from .generation.tacotron.family import FAMILY

    return FAMILY


def _music() -> Family:
    from .generation.music.family import FAMILY

    return FAMILY


def _codec() -> Family:
    from .applications.codec.family import FAMILY

    return FAMILY


def _restoration() -> Family:
    from .applications.restoration.family import FAMILY

    return FAMILY


@dataclass(frozen=True)
class Entry:
    """What the command line says of a checkpoint, and its family."""

    family: Callable[[], Family]
    help: str
    generates: bool = False


#: By the name of the checkpoint.
CHECKPOINTS: Mapping[str, Entry] = MappingProxyType(
    {
        "cnn": Entry(_cnn, "recognises spoken digits by small filters (convolutional network)"),
        "rnn": Entry(_rnn, "recognises spoken digits frame by frame, with a memory (recurrent network)"),
        "attention": Entry(_attention, "recognises spoken digits by looking at all frames at once"),
        "ctc": Entry(_ctc, "writes down speech, letter by letter"),
        "ctc_causal": Entry(_ctc, "the same while somebody speaks, without the future"),
        "ctc_prompts": Entry(_ctc, "the same, having heard a real person, too"),
        "tagging": Entry(_tagging, "says what sounds in a recording, and when"),
        "tagging_mean": Entry(_tagging, "the same, without attention over time"),
        "gan": Entry(_gan, "generates spectrograms of spoken digits, against a critic", generates=True),
        "gan_waveform": Entry(_gan, "generates samples of spoken digits, against a critic", generates=True),
        "vae": Entry(_vae, "generates notes of instruments from sixteen numbers", generates=True),
        "vae_map": Entry(_vae, "generates notes of instruments from two numbers", generates=True),
        "wavenet": Entry(_wavenet, "generates spoken digits, sample after sample", generates=True),
        "wavenet_advised": Entry(
            _wavenet, "the same with linear prediction; for coding, not for speaking", generates=True
        ),
        "flow": Entry(
            _flow, "generates spoken digits from mel spectrograms, all samples at once", generates=True
        ),
        "tacotron": Entry(_tacotron, "reads texts aloud, and attends to the letters", generates=True),
        "durations": Entry(_tacotron, "reads texts aloud, and counts how long letters last", generates=True),
        "durations_phones": Entry(_tacotron, "the same, by letters or by phones", generates=True),
        "vocoder": Entry(
            _vocoder, "generates sound from mel spectrograms, by magnitudes and phases", generates=True
        ),
        "vocoder_longer": Entry(
            _vocoder, "the same, trained as long without a critic; to compare", generates=True
        ),
        "vocoder_spectral": Entry(_vocoder, "what both begin with", generates=True),
        "melody": Entry(_music, "writes melodies, note after note", generates=True),
        "harmony": Entry(_music, "is given a soprano, and writes three voices below it", generates=True),
        "music_vae": Entry(_music, "writes two bars of a melody from a few numbers", generates=True),
        "music_gan": Entry(_music, "writes four bars of four voices, against a critic", generates=True),
        "music_gan_alone": Entry(
            _music, "the same, against a critic that compares no pieces: it collapses", generates=True
        ),
        "codec": Entry(_codec, "makes small files of speech, and speech of small files"),
        "denoise": Entry(_restoration, "takes noise out of speech"),
        "declip": Entry(_restoration, "puts back the peaks of clipped speech"),
        "fill": Entry(_restoration, "fills gaps in speech"),
    }
)


def family_of(name: str | Path) -> Family:
    """Return the family of a checkpoint's name, or of the path of an ``.npz`` with its card beside it.

    Raises
    ------
    FileNotFoundError
        If a path leads to no checkpoint.
    ValueError
        If the name is unknown, or the card is of no family.
    """
    if str(name) in CHECKPOINTS:
        return CHECKPOINTS[str(name)].family()
    if Path(name).suffix != ".npz":
        check_choice(str(name), "name", CHECKPOINTS)
    from .training import load_card

    package = load_card(name).get("family")
    families = (entry.family() for entry in CHECKPOINTS.values())
    found = next((family for family in families if family.package == package), None)
    if found is None:
        raise ValueError(f"{name} is a checkpoint of {package!r}, which is no family of this book.")
    return found


def load_model(name: str | Path) -> Any:
    """Build the model of a checkpoint, whatever its family; see `audio_edu.training.load_checkpoint`."""
    from .training import load_checkpoint

    return load_checkpoint(family_of(name), name)
