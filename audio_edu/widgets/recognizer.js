/* <digit-recognizer>: the convolutional network of chapter 5 listens in the page. Nothing leaves the computer.
   The first half is audio_edu/recognition/features.py and cnn/model.py once more; a test holds both equal.
   The weights lie in the element (a notebook) or in a script beside this one (a page), fetched when asked. */
(() => {
  "use strict";
  if (customElements.get("digit-recognizer")) return;

  const RATE = 8000, N_SAMPLES = 8000, N_FFT = 256, HOP = 80, N_MELS = 40, N_FRAMES = 101;
  const RANGE_DB = 40, FLOOR_DB = 60, WHITENING = 0.5, SILENCE = 10 ** -4.5, MOST_BEFORE = 4, USUAL_BEFORE = 2;
  const WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
  const SHAPES = [[5, 5, 1, 16], [16], [3, 3, 16, 32], [32], [3, 3, 32, 48], [48], [3, 1, 240, 64], [64], [3, 1, 64, 64], [64], [128, 10], [10]];
  const here = document.currentScript?.src;
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  const mean = (list) => sum(list) / list.length;
  const greatest = (list) => list.reduce((a, b) => Math.max(a, b), -Infinity);

  // --- From samples to frames ---------------------------------------------------------------------------

  function withoutOffset(x) {
    let first = 0, last = x.length - 2;
    while (first <= last && x[first + 1] === x[first]) first++;
    if (first > last) return new Float32Array(x.length);
    while (x[last + 1] === x[last]) last--;
    if (last - first < 4) return x;
    const inside = x.subarray(first + 1, last + 1), m = mean(inside), quarter = Math.floor(inside.length / 4);
    const std = Math.sqrt(inside.reduce((s, v) => s + (v - m) ** 2, 0) / inside.length);
    let at = 0;
    const parts = [0, 1, 2, 3].map((i) => mean(inside.subarray(at, (at += quarter + (i < inside.length % 4)))));
    const least = Math.min(...parts.map((part) => part * Math.sign(m)));
    if (Math.abs(m) <= 0.02 * std || least < Math.abs(m) / 2) return x;
    const y = new Float32Array(x.length);
    inside.forEach((v, i) => { y[first + 1 + i] = v - Math.fround(m); });
    return y;
  }

  /* The energy of every n samples in a row. */
  function windowEnergy(x, n) {
    const total = new Float64Array(x.length + 1);
    x.forEach((v, i) => { total[i + 1] = total[i] + v * v; });
    return Float64Array.from({ length: x.length - n + 1 }, (_, i) => total[i + n] - total[i]);
  }

  /* One second, from the word on, zeros behind it. */
  function oneWord(samples) {
    const x = withoutOffset(samples), out = new Float32Array(N_SAMPLES);
    let start = 0;
    if (x.length > HOP) {
      if (x.length > N_SAMPLES) { const energy = windowEnergy(x, N_SAMPLES); start = energy.indexOf(greatest(energy)); }
      const power = windowEnergy(x, HOP), loudest = greatest(power);
      let silence = SILENCE * loudest;
      // where much lies outside of the loudest second, most of that is the room, and the word is louder
      const rest = [...power.subarray(0, start), ...power.subarray(start + N_SAMPLES)].sort((a, b) => a - b);
      if (rest.length > Math.floor(N_SAMPLES / 4)) {
        const half = rest.length >> 1, median = rest.length % 2 ? rest[half] : (rest[half - 1] + rest[half]) / 2;
        silence = Math.min(Math.max(4 * median, silence), loudest / 100);
      }
      const first = Math.max(0, start - MOST_BEFORE * HOP);
      const word = first + Math.max(0, power.subarray(first, start + N_SAMPLES).findIndex((p) => p > silence));
      const before = word - start;
      if (word > first && !(before >= USUAL_BEFORE * HOP && before <= MOST_BEFORE * HOP)) start = Math.max(0, word - USUAL_BEFORE * HOP);
    }
    out.set(x.subarray(start, start + N_SAMPLES));
    return out;
  }

  const N_BINS = N_FFT / 2 + 1;
  const COS = Float64Array.from({ length: N_FFT }, (_, i) => Math.cos((2 * Math.PI * i) / N_FFT));
  const SIN = Float64Array.from({ length: N_FFT }, (_, i) => Math.sin((2 * Math.PI * i) / N_FFT));

  /* Triangles, evenly spaced on Slaney's mel scale, each of unit area. */
  function melBank() {
    const step = Math.log(6.4) / 27, top = 15 + Math.log(RATE / 2 / 1000) / step;
    const f = Array.from({ length: N_MELS + 2 }, (_, i) => (i * top) / (N_MELS + 1))
      .map((m) => (m < 15 ? (m * 200) / 3 : 1000 * Math.exp(step * (m - 15))));
    return Array.from({ length: N_MELS }, (_, m) => Float64Array.from({ length: N_BINS }, (_, k) => {
      const hz = (k * RATE) / N_FFT, up = (hz - f[m]) / (f[m + 1] - f[m]), down = (f[m + 2] - hz) / (f[m + 2] - f[m + 1]);
      return (Math.max(0, Math.min(up, down)) * 2) / (f[m + 2] - f[m]);
    }));
  }
  const BANK = melBank();

  /* Log-mel frames (dB) of one second, frame after frame. */
  function logMel(x) {
    const padded = new Float64Array(N_SAMPLES + N_FFT), L = new Float64Array(N_FRAMES * N_MELS);
    const even = new Float64Array(N_BINS), odd = new Float64Array(N_BINS), power = new Float64Array(N_BINS);
    padded.set(x, N_FFT / 2);
    for (let t = 0; t < N_FRAMES; t++) {
      const at = (n) => padded[t * HOP + n] * (0.5 - 0.5 * COS[n]); // the Hann window
      // cos(2π k (N − n) / N) = cos(2π k n / N), and the sine changes its sign: half the products
      for (let n = 1; n < N_FFT / 2; n++) { even[n] = at(n) + at(N_FFT - n); odd[n] = at(n) - at(N_FFT - n); }
      even[N_FFT / 2] = at(N_FFT / 2);
      for (let k = 0; k < N_BINS; k++) {
        let re = 0, im = 0;
        for (let n = 1; n < N_BINS; n++) { const i = (k * n) % N_FFT; re += even[n] * COS[i]; im += odd[n] * SIN[i]; }
        power[k] = re * re + im * im;
      }
      for (let m = 0; m < N_MELS; m++) {
        let s = 0;
        for (let k = 0; k < N_BINS; k++) s += BANK[m][k] * power[k];
        L[t * N_MELS + m] = 10 * Math.log10(Math.max(s, 1e-10));
      }
    }
    return L;
  }

  /* What the network sees: 40 normalized bands and the mask for each frame. */
  function features(samples) {
    const L = logMel(oneWord(samples)), out = new Float32Array(N_FRAMES * (N_MELS + 1)), floor = greatest(L) - FLOOR_DB;
    L.forEach((v, i) => { L[i] = Math.max(v, floor); });
    const level = Array.from({ length: N_FRAMES }, (_, t) => 10 * Math.log10(sum(L.subarray(t * N_MELS, (t + 1) * N_MELS).map((v) => 10 ** (v / 10)))));
    const loud = level.map((v) => v > greatest(level) - RANGE_DB), first = loud.indexOf(true), last = loud.lastIndexOf(true), n = last - first + 1;
    const band = new Float64Array(N_MELS);
    for (let t = first; t <= last; t++) for (let m = 0; m < N_MELS; m++) band[m] += L[t * N_MELS + m] / n;
    const all = mean(band);
    let square = 0;
    for (let t = first; t <= last; t++)
      for (let m = 0; m < N_MELS; m++) {
        const v = L[t * N_MELS + m] - WHITENING * band[m] - (1 - WHITENING) * all;
        out[t * (N_MELS + 1) + m] = v;
        square += v * v;
      }
    const std = Math.sqrt(square / (n * N_MELS)) + 1e-3;
    for (let t = first; t <= last; t++) {
      for (let m = 0; m < N_MELS; m++) out[t * (N_MELS + 1) + m] /= std;
      out[t * (N_MELS + 1) + N_MELS] = 1;
    }
    return out;
  }

  // --- The network --------------------------------------------------------------------------------------

  /* Float16 numbers, as text, to the arrays of SHAPES. */
  function unpack(base64) {
    const halves = new Uint16Array(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer);
    const all = Float32Array.from(halves, (h) => {
      const exponent = (h >> 10) & 31, fraction = h & 1023;
      return (h >> 15 ? -1 : 1) * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
    });
    let at = 0;
    return SHAPES.map((shape) => all.subarray(at, (at += shape.reduce((a, b) => a * b))));
  }

  /* y = max(0, W x + b) at every place [height, width, channels]; zeros around, as Keras's "same". */
  function convolve(x, [height, width], [kh, kw, nIn, nOut], [sh, sw], kernel, bias) {
    const h = Math.ceil(height / sh), w = Math.ceil(width / sw), y = new Float32Array(h * w * nOut);
    const top = Math.max((h - 1) * sh + kh - height, 0) >> 1, left = Math.max((w - 1) * sw + kw - width, 0) >> 1;
    for (let i = 0; i < h; i++)
      for (let j = 0; j < w; j++) {
        const place = y.subarray((i * w + j) * nOut, (i * w + j + 1) * nOut);
        place.set(bias);
        for (let a = 0; a < kh; a++)
          for (let b = 0; b < kw; b++) {
            const u = i * sh - top + a, v = j * sw - left + b;
            if (u < 0 || v < 0 || u >= height || v >= width) continue;
            for (let c = 0; c < nIn; c++) {
              const value = x[(u * width + v) * nIn + c], row = ((a * kw + b) * nIn + c) * nOut;
              if (value !== 0) for (let o = 0; o < nOut; o++) place[o] += value * kernel[row + o];
            }
          }
        for (let o = 0; o < nOut; o++) if (place[o] < 0) place[o] = 0;
      }
    return y;
  }

  /* The probabilities of the ten words. */
  function probabilities(frames, weights) {
    const bands = new Float32Array(N_FRAMES * N_MELS);
    for (let t = 0; t < N_FRAMES; t++) bands.set(frames.subarray(t * (N_MELS + 1), t * (N_MELS + 1) + N_MELS), t * N_MELS);
    const conv = (x, i, size, strides) => convolve(x, size, SHAPES[2 * i], strides, weights[2 * i], weights[2 * i + 1]);
    let x = conv(bands, 0, [101, 40], [2, 2]);
    x = conv(x, 1, [51, 20], [1, 2]);
    x = conv(x, 2, [51, 10], [2, 2]); // 26 frames of 5 × 48, that is 240 numbers
    x = conv(x, 3, [26, 1], [1, 1]);
    const y = conv(x, 4, [26, 1], [1, 1]);
    x.forEach((v, i) => { y[i] += v; }); // the residual connection
    const n = 64, pooled = new Float32Array(2 * n).fill(-1e4, n);
    let count = 0;
    for (let t = 0; t < 26; t++) {
      if (!frames[4 * t * (N_MELS + 1) + N_MELS]) continue;
      count++;
      for (let c = 0; c < n; c++) { pooled[c] += y[t * n + c]; pooled[n + c] = Math.max(pooled[n + c], y[t * n + c]); }
    }
    for (let c = 0; c < n; c++) pooled[c] /= Math.max(count, 1);
    const logits = WORDS.map((_, k) => weights[11][k] + pooled.reduce((s, v, c) => s + v * weights[10][c * 10 + k], 0));
    const powers = logits.map((v) => Math.exp(v - Math.max(...logits)));
    return powers.map((v) => v / sum(powers)); // softmax
  }

  const shared = (window.digitRecognizer = { oneWord, logMel, features, probabilities, unpack, resample, weights: null });

  /* The network's weights; from a page, by a script of its own: pages on the disk may not fetch. */
  async function load(element) {
    shared.weights ??= element.dataset.weights;
    if (!shared.weights)
      await new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.onload = resolve;
        script.onerror = () => reject(new Error("the network's weights were not found beside the page."));
        script.src = new URL("digit_weights.js", here);
        document.head.append(script);
      });
    if (typeof shared.weights === "string") {
      shared.weights = unpack(shared.weights);
      const practice = new Float32Array(N_SAMPLES).map((_, i) => Math.sin(i)); // the browser compiles while one speaks
      for (let i = 0; i < 3; i++) probabilities(features(practice), shared.weights);
    }
    return shared.weights;
  }

  // --- Sound: the microphone, a file --------------------------------------------------------------------

  const CROSSINGS = 32, CUTOFF = 3800; // the filter's zeros on each side; Hz

  /* Samples of any rate to 8 kHz, nothing above 4 kHz folded back, by a sinc in a Hann window. (Chromium's own
     resampler takes 3.6 dB from 3 kHz and leaves 5 kHz at −16 dB, as 3 kHz.) */
  function resample(x, rate) {
    if (rate === RATE) return x;
    let common = rate;
    for (let rest = RATE; rest; ) [common, rest] = [rest, common % rest];
    const step = rate / RATE, reach = Math.ceil(CROSSINGS * step), y = new Float32Array(Math.ceil(x.length / step));
    // outputs lie between samples in so many different ways; a filter for each
    const filters = Array.from({ length: RATE / common }, (_, n) => Float64Array.from({ length: 2 * reach }, (_, i) => {
      const t = (Math.floor(n * step) - reach + 1 + i - n * step) / rate, u = (t * RATE) / CROSSINGS, a = 2 * Math.PI * CUTOFF * t;
      return Math.abs(u) < 1 ? ((2 * CUTOFF) / rate) * (0.5 + 0.5 * Math.cos(Math.PI * u)) * (a ? Math.sin(a) / a : 1) : 0;
    }));
    for (let n = 0; n < y.length; n++) {
      const h = filters[n % filters.length], from = Math.floor(n * step) - reach + 1, end = Math.min(h.length, x.length - from);
      let s = 0;
      for (let i = Math.max(0, -from); i < end; i++) s += h[i] * x[from + i];
      y[n] = s;
    }
    return y;
  }

  /* The bytes of a sound file, all channels averaged, at the file's own rate where that is easily read. */
  async function decode(bytes) {
    const view = new DataView(bytes), isWav = bytes.byteLength > 28 && view.getUint32(0) === 0x52494646;
    const rate = isWav ? Math.min(96000, Math.max(RATE, view.getUint32(24, true))) : 48000;
    const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes), x = new Float32Array(sound.length);
    for (let c = 0; c < sound.numberOfChannels; c++) sound.getChannelData(c).forEach((v, i) => { x[i] += v / sound.numberOfChannels; });
    return { x, rate };
  }

  const TAP = `registerProcessor("digit-tap", class extends AudioWorkletProcessor {
    process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; } })`;
  const LONGEST = 4, PAUSE = 0.5, QUIETER = 10 ** -2.5; // seconds; a pause is 25 dB below the word

  /* Record one word: until a pause follows something loud, or `LONGEST` seconds, or `stopped()`. */
  async function record(stopped, show) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
    const context = new AudioContext();
    try {
      await context.resume();
      await context.audioWorklet.addModule("data:text/javascript," + encodeURIComponent(TAP));
      const tap = new AudioWorkletNode(context, "digit-tap"), blocks = [], levels = [];
      context.createMediaStreamSource(stream).connect(tap);
      await new Promise((resolve) => {
        const limit = setTimeout(resolve, 1000 * (LONGEST + 2)); // a microphone that sends nothing
        tap.port.onmessage = ({ data }) => {
          blocks.push(data);
          levels.push(mean(data.map((v) => v * v)));
          const seconds = (blocks.length * data.length) / context.sampleRate, n = Math.ceil((PAUSE * context.sampleRate) / data.length);
          if (blocks.length % 8 === 0) show(Math.sqrt(greatest(levels.slice(-8))));
          const over = seconds > 2 * PAUSE && blocks.length % 8 === 0 && greatest(levels.slice(-n)) < QUIETER * greatest(levels.slice(40));
          if (over || seconds > LONGEST || stopped()) { clearTimeout(limit); tap.port.onmessage = null; resolve(); }
        };
      });
      const x = new Float32Array(sum(blocks.map((b) => b.length)));
      let at = 0;
      for (const block of blocks) { x.set(block, at); at += block.length; }
      return { x, rate: context.sampleRate };
    } finally {
      stream.getTracks().forEach((track) => track.stop());
      context.close();
    }
  }

  const INSTEAD = "You can choose a sound file instead, or drop one here.";
  const REFUSALS = {
    NotAllowedError: `The microphone was refused to this page. Allow it (most browsers ask beside the address) and press again. ${INSTEAD}`,
    NotFoundError: `This computer has no microphone that the browser can find. ${INSTEAD}`,
    NotReadableError: `Another program holds the microphone. ${INSTEAD}`,
    EncodingError: "This is no sound that the browser can read. Try a WAV, MP3 or Opus file.",
  };

  // --- The element --------------------------------------------------------------------------------------

  const { make } = window.audioEdu; // player.js comes first

  class DigitRecognizer extends HTMLElement {
    connectedCallback() {
      if (this.built) return;
      this.built = true;
      this.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab's keys are not ours
      this.button = make("button", "ae-speak", { type: "button" }, "Say a digit");
      this.file = make("input", "", { type: "file", accept: "audio/*", "aria-label": "A sound file with one spoken digit" });
      this.level = make("span", "ae-level", { "aria-hidden": "true" });
      this.verdict = make("p", "ae-verdict", { role: "status" });
      this.canvas = make("canvas", "ae-seen", { width: N_FRAMES, height: N_MELS, role: "img", "aria-label": "What the network sees: time to the right, frequency upwards, brighter is stronger." });
      this.bars = make("ul", "ae-bars", { "aria-label": "Probabilities" });
      this.result = make("div", "ae-result", {}, this.canvas, this.bars);
      this.result.hidden = true;
      this.querySelector(".ae-plain")?.remove();
      this.append(make("div", "ae-controls", {}, this.button, this.level, make("label", "ae-file", {}, "or a file: ", this.file)), this.verdict, this.result);
      this.button.addEventListener("click", () => (this.recording ? (this.stopping = true) : this.listen()));
      this.file.addEventListener("change", () => this.file.files.length && this.read(this.file.files[0]));
      this.addEventListener("dragover", (event) => event.preventDefault());
      this.addEventListener("drop", (event) => { event.preventDefault(); if (event.dataTransfer.files.length) this.read(event.dataTransfer.files[0]); });
    }

    async listen() {
      if (!navigator.mediaDevices?.getUserMedia) return this.say(`The browser gives no microphone to this page: it has to lie on the disk, on this computer's own server, or behind https. ${INSTEAD}`);
      this.recording = true;
      this.stopping = false;
      try {
        const loaded = load(this);
        this.button.textContent = "Listening … stop";
        this.say("Speak now: one digit, in English.");
        await this.answer(await record(() => this.stopping, (v) => { this.level.style.setProperty("--ae-level", Math.min(1, Math.sqrt(v))); }), loaded);
      } catch (error) { this.fail(error); }
      this.recording = false;
      this.button.textContent = "Say a digit";
      this.level.style.setProperty("--ae-level", 0);
    }

    async read(file) {
      try {
        if (file.size > 2e7) return this.say("This file has more than 20 MB. Cut one word out of it.");
        await this.answer(await decode(await file.arrayBuffer()), load(this));
      } catch (error) { this.fail(error); }
    }

    async answer(sound, loaded) {
      const weights = await loaded;
      if (sound.x.length > 20 * sound.rate) return this.say("This sound is longer than 20 seconds. Cut one word out of it.");
      if (!(greatest(sound.x.map(Math.abs)) > 1e-4)) return this.say("Nothing was heard: the recording is silent. Is the right microphone chosen, and not muted?");
      const start = performance.now(), x = resample(sound.x, sound.rate), frames = features(x), p = probabilities(frames, weights), took = performance.now() - start;
      const best = p.indexOf(Math.max(...p)), sure = `${(100 * p[best]).toFixed(0)} %, in ${took.toFixed(0)} ms`;
      this.say(p[best] > 0.5 ? `“${WORDS[best]}” (${sure})` : `Perhaps “${WORDS[best]}” (${sure})`);
      this.draw(frames, p);
      this.dispatchEvent(new CustomEvent("recognized", { detail: { word: WORDS[best], probabilities: p, milliseconds: took, samples: x } }));
    }

    draw(frames, p) {
      const context = this.canvas.getContext("2d"), picture = context.createImageData(N_FRAMES, N_MELS);
      for (let t = 0; t < N_FRAMES; t++)
        for (let m = 0; m < N_MELS; m++) {
          const inside = frames[t * (N_MELS + 1) + N_MELS], v = Math.max(0, Math.min(1, 0.5 + frames[t * (N_MELS + 1) + m] / 4));
          picture.data.set(inside ? [255 * v, 200 * v * v, 90 + 60 * v, 255] : [30, 30, 40, 255], 4 * ((N_MELS - 1 - m) * N_FRAMES + t));
        }
      context.putImageData(picture, 0, 0);
      this.bars.replaceChildren(...WORDS.map((word, k) => make("li", "", { style: `--ae-p:${p[k]}` }, `${word} ${(100 * p[k]).toFixed(0)} %`)));
      this.result.hidden = false;
    }

    say(text) { this.verdict.textContent = text; }

    fail(error) { this.say(REFUSALS[error.name] || `That did not work: ${error.message}`); }
  }
  customElements.define("digit-recognizer", DigitRecognizer);
})();
