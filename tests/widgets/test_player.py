"""Facts that follow the sound, safe levels, MP3 that keeps the lesson, HTML that cannot be broken."""

import io
import re

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st
from widget_pages import RATE, voice

from audio_edu import _assets, plots
from audio_edu.signal.levels import loudness_db
from audio_edu.widgets import _sound, compare, listen
from audio_edu.widgets._picture import frequency_ticks, power_image, row_edges, time_ticks
from audio_edu.widgets._sound import Sound, facts, matched_gains, mp3, safe_gain


def tone(f0_hz, sample_rate=RATE, duration=1.0, level=0.1):
    return level * np.sin(2 * np.pi * f0_hz * np.arange(round(duration * sample_rate)) / sample_rate)


def decoded(player, i=0):
    """The samples a browser would play."""
    import base64

    uris = re.findall(r'src="data:audio/mpeg;base64,([^"]+)"', player.html)
    return sf.read(io.BytesIO(base64.b64decode(uris[i])))


# ---- facts ----


def test_facts_of_a_known_sine():
    assert facts(Sound(tone(1000, level=0.5), RATE)) == (
        "1.00 s · 16000 Hz · peak -6.0 dBFS · RMS -9.0 dBFS · centroid 1000 Hz"
    )


@pytest.mark.parametrize("make", [lambda k: tone(440 * k, duration=3), lambda k: voice(150 * k, 3.0)])
def test_facts_see_half_a_semitone_3_db_and_a_missing_second(make):
    x = make(1.0)
    before = repr(listen(x, RATE))
    assert repr(listen(make(2 ** (0.5 / 12)), RATE)) != before
    assert repr(listen(x * 10 ** (3 / 20), RATE)) != before
    assert repr(listen(x[:-RATE], RATE)) != before
    # ... and they do not see what another processor might do to the last bits.
    noise = np.random.default_rng(0).standard_normal(len(x))
    assert repr(listen(x * (1 + 1e-7 * noise), RATE)) == before


def test_facts_stand_in_the_html_too_and_do_not_depend_on_the_playing_level():
    player = listen(tone(440, level=1.0), RATE)
    assert "peak 0.0 dBFS · RMS −3.0 dBFS · centroid 440 Hz" in player.html
    assert player.gains_db[0] < -10


@pytest.mark.parametrize(
    "x", [np.zeros(1000), np.full(1000, 0.5), np.ones(1), np.array([0.0]), np.full(1000, 1e-12)]
)
def test_silence_constants_and_single_samples_are_no_accident(x):
    player = listen(x, 8000)
    assert "8000 Hz" in repr(player)
    assert "nan" not in player.html.lower().split("base64")[0]
    y, _ = decoded(player)
    assert len(y) >= 0.05 * 8000


# ---- level ----


@settings(max_examples=25, deadline=None)
@given(
    level=st.floats(1e-4, 30),
    seed=st.integers(0, 99),
    kind=st.sampled_from(["noise", "tone", "click", "square"]),
    sample_rate=st.sampled_from([8000, 16000, 22050]),
)
def test_nothing_plays_louder_than_is_safe(level, seed, kind, sample_rate):
    rng = np.random.default_rng(seed)
    n = sample_rate
    x = {
        "noise": rng.uniform(-1, 1, n),
        "tone": np.sin(np.arange(n) * rng.uniform(0.01, 3)),
        "click": np.eye(1, n, n // 2)[0],
        "square": np.sign(np.sin(np.arange(n) * 0.05) + 1e-9),
    }[kind] * level
    gain = safe_gain(Sound(x, sample_rate))
    assert 0 < gain <= 1
    assert np.abs(gain * x).max() <= 10 ** (-1 / 20) + 1e-9
    assert loudness_db(gain * x, sample_rate) <= -18 + 0.01


def test_full_scale_noise_comes_out_of_the_decoder_safe():
    player = listen(np.random.default_rng(0).uniform(-1, 1, 2 * RATE), RATE)
    y, rate = decoded(player)
    assert loudness_db(y, rate) < -17
    assert np.abs(y).max() < 1


def test_a_quiet_sound_is_not_turned_up():
    x = tone(440, level=0.01)
    assert listen(x, RATE).gains_db == (0.0,)
    y, _ = decoded(listen(x, RATE))
    assert np.sqrt(np.mean(y[800:-800] ** 2)) == pytest.approx(0.01 / np.sqrt(2), rel=0.03)


def test_compared_sounds_are_equally_loud():
    sounds = [Sound(x, RATE) for x in (tone(440, level=0.9), tone(3000, level=0.05), voice())]
    loudness = [loudness_db(s.x * g, RATE) for s, g in zip(sounds, matched_gains(sounds), strict=True)]
    assert np.ptp(loudness) < 0.05
    assert max(loudness) <= -18 + 0.01


def test_a_nearly_silent_sound_does_not_silence_the_others():
    sounds = [
        Sound(tone(440, level=0.5), RATE),
        Sound(tone(440, level=1e-5), RATE),
        Sound(np.zeros(RATE), RATE),
    ]
    gains = matched_gains(sounds)
    assert loudness_db(sounds[0].x * gains[0], RATE) == pytest.approx(-36, abs=0.1)
    assert gains[1] == gains[2] == 1


def test_without_matching_the_relative_levels_stay():
    player = compare({"loud": tone(440, level=1.0), "soft": tone(440, level=0.1)}, RATE, match=False)
    assert player.gains_db[0] == player.gains_db[1] < 0


# ---- MP3 ----


@pytest.mark.parametrize("sample_rate", [8000, 11025, 16000, 22050, 44100, 6000, 10000, 96000])
def test_mp3_has_the_right_length_and_waveform(sample_rate):
    x = voice(sample_rate=sample_rate, duration=1.0)
    y, rate = sf.read(io.BytesIO(mp3(Sound(x, sample_rate))))
    assert rate in _sound.MP3_RATES
    assert len(y) / rate == pytest.approx(len(x) / sample_rate, abs=2 / rate)
    import librosa

    back = librosa.resample(y, orig_sr=rate, target_sr=sample_rate)[: len(x)]
    assert np.mean((x[: len(back)] - back) ** 2) < 0.01 * np.mean(x**2)  # 20 dB below the sound


def test_mp3_is_the_same_each_time():
    sound = Sound(voice(), RATE)
    assert mp3(sound) == mp3(sound)
    assert listen(*sound).html == listen(*sound).html


@pytest.mark.parametrize("sample_rate", [8000, 16000, 22050])
def test_mp3_keeps_a_tone_close_to_half_the_sample_rate(sample_rate):
    # LAME's own low-pass would take it away: no aliasing lesson would be heard.
    y, _ = sf.read(io.BytesIO(mp3(Sound(tone(0.47 * sample_rate, sample_rate), sample_rate))))
    assert np.sqrt(np.mean(y**2)) == pytest.approx(0.1 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize("n_bits", [3, 4, 6, 8])
def test_mp3_keeps_the_noise_of_few_bits(n_bits):
    x = voice() / 0.3 * 0.9
    step = 2.0 ** (1 - n_bits)
    noisy = np.round(x / step) * step
    y, _ = sf.read(io.BytesIO(mp3(Sound(noisy, RATE), 0.5)))
    y = y[: len(x)] / 0.5
    # Level of the noise between 4 and 7 kHz, where the voice has nothing.
    band = slice(4 * len(x) // 16, 7 * len(x) // 16)
    levels = [10 * np.log10((np.abs(np.fft.rfft(v))[band] ** 2).sum()) for v in (noisy, y)]
    assert levels[1] == pytest.approx(levels[0], abs=3)


def test_bytes_per_second_of_speech_like_sound_are_few():
    assert len(mp3(Sound(voice(duration=5.0), RATE))) / 5 < 6000


# ---- HTML ----

EVIL = '<script>alert(1)</script>" onmouseover="x'


def test_texts_are_escaped():
    x = tone(440, duration=0.2)
    for player in (
        listen(x, RATE, title=EVIL, hint=EVIL),
        compare({EVIL: x, "b": x}, RATE, title=EVIL, hint=EVIL),
    ):
        assert "<script>alert" not in player.html
        assert '" onmouseover=' not in player.html


def test_without_scripts_every_sound_has_a_native_player_and_a_described_picture():
    player = compare({"one": voice(), "two": voice(220)}, RATE, title="Two", hint="Listen for the pitch.")
    assert player.html.count("<audio controls") == player.html.count('<img alt="Spectrogram of') == 2
    assert "Listen for the pitch." in player.html
    assert player._repr_mimebundle_().keys() == {"text/plain", "text/html"}


def test_script_and_style_travel_with_every_live_output_and_with_no_stored_one(monkeypatch):
    picture = plots.show(plots.figure()[0], alt="Empty axes.")
    for output in (listen(tone(440), RATE), listen(tone(440), RATE), picture):
        monkeypatch.setenv("AUDIO_EDU_STATIC", "1")
        assert output._repr_mimebundle_()["text/html"] == output.html
        monkeypatch.delenv("AUDIO_EDU_STATIC")
        html = output._repr_mimebundle_()["text/html"]
        assert html.count("<script data-audio-edu>") == html.count("<style data-audio-edu>") == 1


def test_the_script_that_travels_is_the_file_without_its_comments():
    text = _assets.script_and_style()
    assert "customElements.define" in text and text.rstrip().endswith("})();</script>")
    assert "Web Audio, because" not in text
    assert len(text) < 48_000


# ---- picture ----


@pytest.mark.parametrize("scale", ["mel", "linear"])
@pytest.mark.parametrize("f0_hz", [300.0, 1000.0, 5000.0])
def test_a_tone_is_brightest_in_the_row_of_its_frequency(scale, f0_hz):
    edges = row_edges(RATE / 2, scale)
    image = power_image(Sound(tone(f0_hz), RATE), 1.0, edges)
    row = image[:, 100:380].mean(axis=1).argmax()
    assert edges[max(row - 1, 0)] <= f0_hz <= edges[min(row + 2, len(edges) - 1)]
    assert 0.003 < image.max() < 0.011  # (amplitude 0.1)², spread over a bin and its neighbours


def test_sounds_of_different_length_and_rate_share_their_axes():
    player = compare({"long": voice(), "short": (tone(440, 8000, 0.5), 8000)}, RATE)
    assert 'data-duration="2"' in player.html
    assert player.html.count(">8 kHz<") == 2


def test_the_mel_axis_is_slaneys():
    ticks = {text: at for at, text in frequency_ticks(8000, "mel")}
    # below 1 kHz a mel is 200/3 Hz; above, 27 mel are a factor of 6.4
    top = 15 + 27 * np.log(8) / np.log(6.4)
    assert ticks["500 Hz"] == pytest.approx(7.5 / top) and ticks["1 kHz"] == pytest.approx(15 / top)
    assert row_edges(8000, "mel")[64] == pytest.approx(1000 * 6.4 ** ((top / 2 - 15) / 27))


def test_ticks_are_round_and_apart():
    assert [text for _, text in time_ticks(2.5)] == ["0", "0.5", "1", "1.5", "2", "2.5 s"]
    assert time_ticks(0.03)[-1][1] == "30 ms"
    for f_max in (500, 4000, 11025, 24000):
        for scale in ("mel", "linear"):
            places = [at for at, _ in frequency_ticks(f_max, scale)]
            assert 0 <= min(places) and max(places) <= 1.001 and np.diff(places).min() > 0.12


# ---- errors ----


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: listen(np.zeros((2, 100)), RATE), ValueError, "x has 2 dimensions"),
        (lambda: listen(np.array([np.nan]), RATE), ValueError, "x has 1 samples that are NaN"),
        (lambda: listen(np.zeros(10, int), RATE), TypeError, "integers"),
        (lambda: listen(np.zeros(0), RATE), ValueError, "x has 0 samples"),
        (lambda: listen(np.zeros(10), 0), ValueError, "sample_rate is 0"),
        (
            lambda: listen(np.zeros(RATE * 31), RATE),
            ValueError,
            r"x is 31.0 s long.*x\[:480000\].*max_seconds=31",
        ),
        (
            lambda: listen(voice(), RATE, max_bytes=9000),
            ValueError,
            r"weighs \d+ kB; at most 9 kB.*max_bytes=",
        ),
        (
            lambda: listen(voice(), RATE, scale="bark"),
            ValueError,
            "scale is 'bark'; expected one of 'mel', 'linear'",
        ),
        (lambda: compare([voice()], RATE), TypeError, "expected a dict"),
        (lambda: compare({"a": voice()}, RATE), ValueError, "takes 2 to 9"),
        (lambda: compare({"a": voice(), "b": voice()}), ValueError, r"sounds\['a'\] has no sample rate"),
        (lambda: compare({"a": voice(), "b": [1, 2]}, RATE), TypeError, r"sounds\['b'\] holds integers"),
    ],
)
def test_errors_name_the_argument_and_what_to_do(call, error, message):
    with pytest.raises(error, match=message):
        call()


ROLL = [[0.0, 0.5, 60, 0], [0.5, 0.5, 64, 0], [0.0, 1.0, 48, 1]]


def test_notes_are_drawn_in_place_of_the_waveform_and_files_can_be_kept():
    player = listen(tone(440), RATE, notes=ROLL, files={"two voices.mid": b"MThd"})
    assert "· 3 notes" in repr(player) and player.html.count("<path") == 2
    assert "ae-spec" not in player.html and 'aria-label="Piano roll of 3 notes' in player.html
    assert 'download="two voices.mid" href="data:application/octet-stream;base64,TVRoZA=="' in player.html
    both = compare({"a": tone(440), "b": tone(880)}, RATE, notes={"a": ROLL, "b": ROLL[:1]})
    assert "· 1 note" in repr(both) and both.html.count("ae-roll") == 2


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ([], "expected \\(n_notes, 4\\)"),
        ([[0, 1, 60]], "expected \\(n_notes, 4\\)"),
        ([[0, 0, 60, 0]], "does not last"),
        ([[0, 2, 60, 0]], "beyond the 1.00 s"),
        ([[0, 1, 300, 0]], "outside 0 to 127"),
        ([[0, np.nan, 60, 0]], "not finite"),
    ],
)
def test_notes_that_cannot_be_drawn_are_named(notes, message):
    with pytest.raises(ValueError, match=f"notes has .*{message}"):
        listen(tone(440), RATE, notes=notes)
    with pytest.raises(ValueError, match="expected those of the sounds"):
        compare({"a": tone(440), "b": tone(880)}, RATE, notes={"a": ROLL})
