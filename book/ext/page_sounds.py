"""The sounds of the pages that are not notebooks: one function each, named by the ``{sound}`` directive."""

from __future__ import annotations

import numpy as np

from audio_edu.datasets import load_digits
from audio_edu.signal import (
    fast_convolve,
    harmonic_tone,
    istft,
    log_mel,
    magnitude_db,
    mel_to_audio,
    noise,
    normalize_rms,
    quantize,
    repair,
    room_response,
    sine,
    stft,
    sweep,
)
from audio_edu.widgets import Player, compare, listen


def _sentence(n_words: int = 4) -> tuple[np.ndarray, int]:
    """Some words of one voice with short pauses, and their sample rate."""
    digits = load_digits()
    voice = sorted(set(digits.test.voices.tolist()))[0]
    words = digits.test.select(digits.test.voices == voice)
    chosen = [words.audio[int(np.flatnonzero(words.labels == k)[0])] for k in (7, 3, 1, 9, 5)[:n_words]]
    pause = np.zeros(words.sample_rate // 8)
    return np.concatenate(
        [part for word in chosen for part in (word.astype(float), pause)]
    ), words.sample_rate


def welcome() -> Player:
    """One spoken sentence, as four chapters leave it."""
    x, sample_rate = _sentence()
    hall = fast_convolve(x, room_response(sample_rate, 2.0, size_m=(20, 15, 9)))[: len(x) + sample_rate]
    mel = log_mel(x, sample_rate, n_fft=256, hop_length=64, n_mels=40)
    rebuilt = mel_to_audio(mel, sample_rate, n_fft=256, hop_length=64)[: len(x)]
    return compare(
        {"a voice": x, "in 2 bits": quantize(x, 2), "in a hall": hall, "from its picture": rebuilt},
        sample_rate,
        title="Seven, three, one, nine",
        hint="Switch while it plays. The last one was rebuilt from forty grey values, 125 times a second, with every phase guessed.",
    )


def tour() -> Player:
    """Two tones to try the player with."""
    sample_rate = 22050
    notes = [220, 277.18, 329.63, 440]
    pure = np.concatenate([sine(f, 0.5, sample_rate) for f in notes])
    rich = np.concatenate([harmonic_tone(f, 0.5, sample_rate) for f in notes])
    return compare(
        {"pure": pure, "with overtones": rich},
        sample_rate,
        title="Try the player: an A major chord, note by note",
        hint="Set your volume now. Switch while it plays: the notes stay the same, one line each or ten lines each in the lower picture.",
    )


def symbols() -> Player:
    """A sweep: the one sound that has every f."""
    sample_rate = 16000
    return listen(
        sweep(50, 8000, 4.0, sample_rate),
        sample_rate,
        title="x[n]: a sweep from 50 to 8,000 Hz",
        hint="n runs to the right, f upwards. The pitch rises by the same interval each second, because the sweep is logarithmic.",
    )


def decibels() -> Player:
    """What 3, 6 and 20 decibels sound like."""
    sample_rate = 16000
    hiss = noise(0.5, sample_rate, color="pink")
    steps = np.concatenate([normalize_rms(hiss, -20 - down) for down in (0, 3, 6, 20)])
    return listen(
        steps,
        sample_rate,
        title="0, −3, −6 and −20 decibels",
        hint="Half the power is −3 dB and just noticeably softer; half the amplitude is −6 dB; −20 dB sounds like a quarter.",
    )


def phases() -> Player:
    """What the papers on rebuilding sound from its magnitude are about."""
    x, sample_rate = _sentence(3)
    S = stft(x, n_fft=512, hop_length=128)
    rng = np.random.default_rng(0)
    scrambled = np.abs(S) * np.exp(2j * np.pi * rng.random(S.shape))
    return compare(
        {"as spoken": x, "phases at random": istft(scrambled, n_fft=512, hop_length=128, length=len(x))},
        sample_rate,
        title="What half of these papers are about",
        hint="Both have nearly the same spectrogram. The second one has lost its phases, and with them its voice.",
    )


def programs() -> Player:
    """One sentence, as three steps of the documents' programs would leave it."""
    x, sample_rate = _sentence(3)
    S = stft(x, n_fft=512, hop_length=128)
    picture = magnitude_db(S, ref=np.abs(S).max())
    return compare(
        {
            "as spoken": x,
            "in even levels": quantize(0.02 * x, 8),
            "times 32767.5": np.clip(32767.5 * x, -1, 1),
            "decibels as samples": picture.ravel()[: len(x)] / 40 + 1,
        },
        sample_rate,
        title="Seven, three, one, after three steps of the documents' programs",
        hint="Document 5 leaves out µ-law, so that a soft voice crackles, and scales by 32767.5; document 3 writes its picture into the file.",
    )


def gaps() -> Player:
    """A question of document 1: what to do about samples that are missing."""
    x, sample_rate = _sentence(3)
    missing = np.arange(len(x)) % 400 < 24
    return compare(
        {
            "with gaps": np.where(missing, 0, x),
            "filled in": repair(x, missing, method="ar", order=32),
            "as spoken": x,
        },
        sample_rate,
        title="How does one deal with missing samples?",
        hint="24 samples in every 400 are lost. In the second sound each gap is predicted from the samples around it.",
    )


def last_row() -> Player:
    """Words that go under in noise: whoever hears few of them sits too far from the loudspeaker."""
    x, sample_rate = _sentence(5)
    hiss = normalize_rms(noise(len(x) / sample_rate, sample_rate, color="pink")[: len(x)], -30)
    voices = {
        f"{snr:+d} dB".replace("-", "−"): normalize_rms(x[: len(hiss)], -30 + snr) + hiss
        for snr in (20, 10, 0, -5)
    }
    return compare(
        voices,
        sample_rate,
        title="Can the last row hear it?",
        hint="Seven, three, one, nine, five, under more and more noise. The last row should get every word at 10 dB and most at 0 dB; else hand out headphones.",
    )
