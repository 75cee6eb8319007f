"""The recogniser in the page: its features and probabilities are Python's; microphone, file, and refusals."""

from __future__ import annotations

import browser as chromium
import numpy as np
import pytest
import soundfile as sf

from audio_edu.datasets import load_digits
from audio_edu.recognition import load_cnn
from audio_edu.recognition.features import (
    MOST_BEFORE,
    USUAL_BEFORE,
    FeatureSettings,
    log_mel_frames,
    one_word_each,
)
from audio_edu.widgets import digit_recognizer
from audio_edu.widgets.recognizer import packed_weights, weights_script
from conftest import WIDGETS

ASK = """async (clips) => {
  const R = window.digitRecognizer;
  if (!R.weights) await new Promise((done) => {
    const script = Object.assign(document.createElement("script"), { src: "digit_weights.js", onload: done });
    document.head.append(script);
  });
  if (typeof R.weights === "string") R.weights = R.unpack(R.weights);
  return clips.map((clip) => {
    const x = Float32Array.from(clip), start = performance.now(), frames = R.features(x);
    const p = R.probabilities(frames, R.weights), took = performance.now() - start;
    return { frames: [...frames], p, took, logMel: [...R.logMel(R.oneWord(x))] };
  });
}"""
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Speak</title>'
    '<link rel="icon" href="data:,">'
    '<link rel="stylesheet" href="player.css"><link rel="stylesheet" href="recognizer.css">'
    '<script src="player.js" defer></script><script src="recognizer.js" defer></script></head>'
    "<body><main><h1>Speak</h1>{}</main></body></html>"
)


@pytest.fixture
def page_folder(site, monkeypatch):
    """A folder with the page, its script, its weights and its style, and the folder's address."""
    monkeypatch.setenv("AUDIO_EDU_STATIC", "1")
    folder, address = site
    for name in ("player.js", "recognizer.js", "recognizer.css", "player.css"):
        (folder / name).write_text((WIDGETS / name).read_text("utf-8"), "utf-8")
    (folder / "digit_weights.js").write_text(weights_script(), "utf-8")
    (folder / "page.html").write_text(PAGE.format(digit_recognizer()._repr_html_()), "utf-8")
    return folder, address


@pytest.fixture(scope="module")
def model():
    return load_cnn()


def odd_clips() -> list[np.ndarray]:
    """Words of unseen voices, plain and as microphones give them."""
    test = load_digits().test
    rng = np.random.default_rng(0)
    words = [np.float32(test.audio[i]) for i in range(0, len(test.audio), 41)]
    word = words[3]
    return [
        *words,
        np.float32(np.pad(word, (9000, 7000))),  # a long silence around it
        np.float32(np.pad(word, (9000, 7000)) + 0.004 * rng.standard_normal(len(word) + 16000)),
        np.float32(word + 0.05),  # an offset
        np.float32(0.001 * word),
        np.float32(0.1 * rng.standard_normal(12000)),
        word[:90],
        word[:60],
    ]


def said(page) -> str:
    return page.locator("digit-recognizer .ae-verdict").inner_text()


def answered(page) -> str:
    page.wait_for_function("/%/.test(document.querySelector('.ae-verdict').textContent)", timeout=20_000)
    return said(page)


@pytest.mark.browser
def test_features_and_probabilities_are_those_of_python(page_folder, browser, model, record_property):
    _, address = page_folder
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/page.html")
    clips = odd_clips()
    answers = page.evaluate(ASK, [clip.tolist() for clip in clips])
    context.close()
    settings = FeatureSettings()
    L = log_mel_frames(one_word_each(clips, settings), settings)
    np.testing.assert_allclose([a["logMel"] for a in answers], L.reshape(len(clips), -1), atol=1e-3)
    features = model.features(clips)
    np.testing.assert_allclose([a["frames"] for a in answers], features.reshape(len(clips), -1), atol=1e-3)
    np.testing.assert_allclose([a["p"] for a in answers], model.probabilities(clips), atol=1e-3)
    record_property("milliseconds_a_word", min(a["took"] for a in answers))


@pytest.mark.browser
@pytest.mark.parametrize("over", ["http", "file"])
def test_a_file_is_understood(page_folder, browser, over):
    folder, address = page_folder
    test = load_digits().test
    i = int(np.flatnonzero(test.labels == 7)[0])
    sf.write(folder / "seven.wav", test.audio[i], test.sample_rate, subtype="FLOAT")
    context = browser.new_context()
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/page.html" if over == "http" else (folder / "page.html").as_uri())
    assert not any("weights" in url for url in asked)  # only when asked
    page.set_input_files("input[type=file]", folder / "seven.wav")
    assert "seven" in answered(page)
    (folder / "text.wav").write_text("no sound at all")
    page.set_input_files("input[type=file]", folder / "text.wav")
    page.wait_for_function("document.querySelector('.ae-verdict').textContent.includes('no sound')")
    sf.write(folder / "silence.wav", np.zeros(8000), 8000)
    page.set_input_files("input[type=file]", folder / "silence.wav")
    page.wait_for_function("document.querySelector('.ae-verdict').textContent.includes('silent')")
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("rate", [44100, 48000])
def test_what_the_microphone_gives_is_resampled_without_aliases(page_folder, browser, rate):
    """Up to 3.5 kHz all stays, from 4.1 kHz on, which would fold back, all goes."""
    _, address = page_folder
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/page.html")
    t, kept, folded = np.arange(rate) / rate, [], []
    for levels, frequencies in ((kept, (200, 1000, 3500)), (folded, (4100, 5000, 9000, 15000))):
        for f in frequencies:
            x = page.evaluate(
                "([x, rate]) => [...digitRecognizer.resample(Float32Array.from(x), rate)]",
                [np.sin(2 * np.pi * f * t).tolist(), rate],
            )
            assert len(x) == 8000
            levels.append(20 * np.log10(np.sqrt(2) * np.std(x[500:-500])))
            if levels is kept:
                np.testing.assert_allclose(
                    x[500:-500], np.sin(2 * np.pi * f * np.arange(8000) / 8000)[500:-500], atol=3e-3
                )
    context.close()
    assert max(np.abs(kept)) < 0.05 and max(folded) < -40, (kept, folded)


@pytest.mark.browser
@pytest.mark.parametrize("over", ["http", "file"])
def test_the_microphone_is_understood(page_folder, browser, over):
    """A recorded word as the microphone: silence, the word, silence, at 48 kHz."""
    import librosa

    folder, address = page_folder
    test = load_digits().test
    word = test.audio[int(np.flatnonzero(test.labels == 8)[0])]
    x = librosa.resample(np.float32(word), orig_sr=8000, target_sr=48000)
    x = np.pad(0.5 * x / np.abs(x).max(), (40_000, 150_000))
    sf.write(folder / "microphone.wav", x + 1e-4 * np.random.default_rng(0).standard_normal(len(x)), 48000)
    extra = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={folder / 'microphone.wav'}",
    ]
    launched = browser.browser_type.launch(
        executable_path=chromium.find(), args=[*chromium.ARGUMENTS, *extra]
    )
    page = launched.new_page()
    page.goto(f"{address}/page.html" if over == "http" else (folder / "page.html").as_uri())
    page.evaluate(
        "document.querySelector('digit-recognizer')"
        ".addEventListener('recognized', (event) => { window.detail = event.detail; })"
    )
    page.get_by_role("button", name="Say a digit").click()
    text = answered(page)
    seconds, took = page.evaluate("[window.detail.samples.length / 8000, window.detail.milliseconds]")
    launched.close()
    print(text, f"{seconds:.2f} s recorded, {took:.0f} ms from recording to answer")
    assert "eight" in text
    assert seconds < 4  # it noticed the pause behind the word


@pytest.mark.browser
def test_a_microphone_that_is_refused(page_folder, browser):
    extra = ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]
    launched = browser.browser_type.launch(
        executable_path=chromium.find(), args=[*chromium.ARGUMENTS, *extra]
    )
    page = launched.new_page()
    page.goto(f"{page_folder[1]}/page.html")
    refused(page, "refused")
    launched.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    "setup, expected",
    [
        (
            "() => { navigator.mediaDevices.getUserMedia ="
            " async () => { throw new DOMException('', 'NotFoundError'); }; }",
            "no microphone",
        ),
        ("() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined })", "https"),
    ],
)
def test_a_microphone_that_is_absent(page_folder, browser, setup, expected):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{page_folder[1]}/page.html")
    page.evaluate(setup)
    refused(page, expected)
    context.close()


def refused(page, expected):
    """A sentence says what is wrong and what else one can do, and one can try again."""
    page.get_by_role("button", name="Say a digit").click()
    page.wait_for_function(
        "word => document.querySelector('.ae-verdict').textContent.includes(word)", arg=expected
    )
    assert "file" in said(page)
    assert page.get_by_role("button", name="Say a digit").is_visible()


def test_a_notebook_carries_all_of_it(monkeypatch):
    monkeypatch.delenv("AUDIO_EDU_STATIC", raising=False)
    live = digit_recognizer()._repr_html_()
    assert packed_weights() in live and "customElements.define" in live
    monkeypatch.setenv("AUDIO_EDU_STATIC", "1")
    assert len(digit_recognizer()._repr_html_()) < 1000


def test_the_script_has_the_settings_of_the_network(model):
    script = (WIDGETS / "recognizer.js").read_text("utf-8")
    s = model.settings
    assert (
        f"RATE = {s.sample_rate}, N_SAMPLES = {s.n_samples}, N_FFT = {s.n_fft}, HOP = {s.hop_length}, "
        f"N_MELS = {s.n_mels}, N_FRAMES = {s.n_frames};" in script
    )
    assert f"RANGE_DB = {s.range_db:g}, FLOOR_DB = {s.floor_db:g}, WHITENING = {s.whitening:g}" in script
    assert f"MOST_BEFORE = {MOST_BEFORE}, USUAL_BEFORE = {USUAL_BEFORE}" in script
    assert ", ".join(f'"{name}"' for name in model.facts["label_names"]) in script
