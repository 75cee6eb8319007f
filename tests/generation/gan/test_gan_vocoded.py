"""The mel spectrograms of a GAN's pictures, against those of the sounds themselves."""

import numpy as np
import pytest

from audio_edu.generation.gan.transform import HOP_LENGTH, N_FFT, N_FRAMES
from audio_edu.generation.gan.vocoded import mels_of_magnitudes
from audio_edu.generation.mel import scaled_mel
from audio_edu.signal import stft

n = np.arange(N_FRAMES * HOP_LENGTH)
SOUNDS = {
    "noise": np.random.default_rng(0).normal(0, 0.1, len(n)),
    "tones": 0.1 * sum(np.sin(2 * np.pi * f * n / 8000) for f in (437.0, 1210.0, 2900.0)),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_what_does_not_change_has_the_same_bands_in_longer_frames(name):
    x = SOUNDS[name]
    magnitudes = np.abs(stft(x, n_fft=N_FFT, hop_length=HOP_LENGTH))[None, :, :N_FRAMES]
    (found,) = mels_of_magnitudes(magnitudes)
    own = scaled_mel(x)
    assert found.shape == (len(own) + 1, 40)

    def decibels(mel):
        return 10 * np.log10(np.mean(10 ** (5 * mel[5:-6]), axis=0))

    loud = decibels(own) > decibels(own).max() - 20
    assert loud.sum() >= 6
    assert np.abs(decibels(found) - decibels(own))[loud].mean() < 1.0


def test_a_click_is_where_it_was():
    x = np.zeros(len(n))
    x[3200] = 0.9
    (found,) = mels_of_magnitudes(np.abs(stft(x, n_fft=N_FFT, hop_length=HOP_LENGTH))[None, :, :N_FRAMES])
    power = 10 ** (5 * found).mean(axis=1)
    assert abs((power * np.arange(len(power))).sum() / power.sum() - 40) < 1


def test_other_shapes_are_refused():
    for shape in ((257, 48), (1, 256, 48), (1, 257, 0)):
        with pytest.raises(ValueError, match="magnitudes"):
            mels_of_magnitudes(np.zeros(shape))
