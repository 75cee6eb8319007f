"""The recogniser in the page: its features and probabilities are Python's; microphone, file, and refusals."""

from __future__ import annotations

import browser as chromium
import numpy as np
import pytest
import soundfile as sf

from audio_edu.datasets import load_digits
from audio_edu.recognition import load_cnn
from audio_edu.recognition.features import MOST_BEFORE, USUAL_BEFORE, FeatureSettings, log_mel_frames, one_word_each
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
    '<link rel="icon" href="data:,"><link rel="stylesheet" href="player.css">'
    '<script src="recognizer.js" defer></script></head><body><main><h1>Speak</h1>{}</main></body></html>'
)


@pytest.fixture
def page_folder(site, monkeypatch):
    """A folder with the page, its script, its weights and its style, and the folder's address."""
    monkeypatch.setenv("AUDIO_EDU_STATIC", "1")
    folder, address = site
    for name in ("recognizer.js", "player.css"):
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
def test_features_and_probabilities_are_those_of_python(page_folder, browser, model):
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
    print("ms a word:", np.median([a["took"] for a in answers]))
    assert np.median([a["took"] for a in answers]) < 150  # 50 on a laptop; machines of tests are shared


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
def test_the_browser_resamples_without_aliases(page_folder, browser):
    """A recording at 48 kHz becomes 8 kHz: 1 kHz stays, 5 kHz, which would become 3 kHz, goes."""
    folder, address = page_folder
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/page.html")
    t = np.arange(48000) / 48000
    levels = []
    for f in (1000, 5000):
        sf.write(folder / "tone.wav", 0.5 * np.sin(2 * np.pi * f * t), 48000, subtype="FLOAT")
        x = page.evaluate("async () => [...await digitRecognizer.decode(await (await fetch('tone.wav')).arrayBuffer())]")
        levels.append(np.std(x[1000:-1000]))
    context.close()
    assert levels[0] == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    assert levels[1] < 0.01 * levels[0]


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
    launched = browser.browser_type.launch(executable_path=chromium.find(), args=[*chromium.ARGUMENTS, *extra])
    page = launched.new_page()
    page.goto(f"{address}/page.html" if over == "http" else (folder / "page.html").as_uri())
    page.evaluate("document.querySelector('digit-recognizer').addEventListener('recognized', (e) => { window.detail = e.detail; })")
    page.get_by_role("button", name="Say a digit").click()
    text = answered(page)
    seconds = page.evaluate("window.detail.samples.length") / 8000
    launched.close()
    print(text, f"{seconds:.2f} s recorded")
    assert "eight" in text
    assert seconds < 4  # it noticed the pause behind the word


@pytest.mark.browser
def test_a_microphone_that_is_refused_or_absent(page_folder, browser):
    _, address = page_folder
    for setup, expected in [
        ("async () => {}", "refused"),  # the test browser allows none
        ("navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('x', 'NotFoundError'); }", "no microphone"),
        ("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })", "https"),
    ]:
        context = browser.new_context(permissions=[])
        page = context.new_page()
        page.goto(f"{address}/page.html")
        page.evaluate(setup)
        page.get_by_role("button", name="Say a digit").click()
        page.wait_for_function(
            "word => document.querySelector('.ae-verdict').textContent.includes(word)", arg=expected
        )
        assert "file" in said(page)
        assert page.get_by_role("button", name="Say a digit").is_visible()
        context.close()


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
