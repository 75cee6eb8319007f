/* <digit-drawing>: a field to draw a digit in. The page cuts out what was drawn, counts its ink in 8 × 8 blocks,
   reads it by softmax regression, and plays the digit that it read. */
(() => {
  "use strict";
  if (customElements.get("digit-drawing")) return;
  const N = 32, BLOCK = 4, PEN = 2.8, FIELD = 288; // points of the normalized picture; of a block; the pen's radius; the field (pixels)

  const { make, parsed } = window.audioEdu; // player.js comes first

  /* Softmax regression of a picture of 64 numbers from 0 to 1. */
  function probabilities({ W, b }, picture) {
    const logits = b.map((v, k) => v + W[k].reduce((s, w, i) => s + w * picture[i], 0));
    const powers = logits.map((v) => Math.exp(v - Math.max(...logits))), total = powers.reduce((s, v) => s + v, 0);
    return powers.map((v) => v / total);
  }

  /* Ink in 8 × 8 blocks of strokes, lists of points: the drawing is brought to the height (or width) of the picture. */
  function blocks(strokes) {
    const points = strokes.flat();
    if (!points.length) return null;
    const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
    const left = Math.min(...xs), right = Math.max(...xs), top = Math.min(...ys), bottom = Math.max(...ys);
    const scale = (N - 2 * PEN) / Math.max(right - left, bottom - top, 1e-6);
    const place = ([x, y]) => [N / 2 + (x - (left + right) / 2) * scale, N / 2 + (y - (top + bottom) / 2) * scale];
    const ink = new Uint8Array(N * N);
    const dab = (x, y) => {
      for (let r = Math.max(0, Math.floor(y - PEN)); r < Math.min(N, y + PEN); r++)
        for (let c = Math.max(0, Math.floor(x - PEN)); c < Math.min(N, x + PEN); c++)
          if ((c + 0.5 - x) ** 2 + (r + 0.5 - y) ** 2 <= PEN ** 2) ink[r * N + c] = 1;
    };
    for (const stroke of strokes) {
      const placed = stroke.map(place);
      placed.forEach(([x, y], i) => {
        const [u, v] = placed[Math.max(0, i - 1)], n = Math.max(1, Math.ceil(2 * Math.hypot(x - u, y - v)));
        for (let k = 1; k <= n; k++) dab(u + ((x - u) * k) / n, v + ((y - v) * k) / n);
      });
    }
    const counted = new Array(64).fill(0);
    ink.forEach((v, i) => { counted[8 * Math.floor(i / N / BLOCK) + Math.floor((i % N) / BLOCK)] += v / BLOCK ** 2; });
    return counted;
  }

  window.digitDrawing = { probabilities, blocks };

  class DigitDrawing extends HTMLElement {
    connectedCallback() {
      if (!parsed(this)) return;
      this.built = true;
      this.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab's keys are not ours
      this.reader = JSON.parse(this.dataset.reader);
      this.examples = JSON.parse(this.dataset.examples);
      this.sounds = [...this.querySelectorAll("audio")];
      this.strokes = [];
      this.pen = { x: FIELD / 2, y: FIELD / 5, down: false };
      this.next = 0;
      this.field = make("canvas", "ae-field", {
        width: FIELD, height: FIELD, tabindex: "0", role: "application", "aria-roledescription": "drawing field",
        "aria-label": "Draw a digit. By keys: arrows move the pen, space puts it down or lifts it, Enter reads, Delete clears.",
      });
      this.seen = make("canvas", "ae-blocks", { width: 8, height: 8, role: "img", "aria-label": "What is read: ink in 8 by 8 blocks" });
      this.bars = make("ul", "ae-bars", { "aria-label": "Probabilities" });
      this.verdict = make("p", "ae-verdict", { role: "status" }, "Draw a digit, large.");
      const button = (text, action) => {
        const node = make("button", "ae-answer", { type: "button" }, text);
        node.addEventListener("click", action);
        return node;
      };
      this.querySelector(".ae-plain").replaceWith(
        make("div", "ae-result", {}, this.field, make("div", "ae-side", {}, this.seen, this.bars)), this.verdict,
        make("div", "ae-answers", {}, button("Read and speak", () => this.read()), button("Clear", () => this.clear()),
          button("A test picture", () => this.example())));
      const at = (event) => {
        const box = this.field.getBoundingClientRect();
        return [((event.clientX - box.left) * FIELD) / box.width, ((event.clientY - box.top) * FIELD) / box.height];
      };
      this.field.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        event.preventDefault();
        this.field.focus();
        this.field.setPointerCapture(event.pointerId);
        if (this.done) this.clear();
        this.drawing = true;
        this.strokes.push([at(event)]);
        this.draw();
      });
      this.field.addEventListener("pointermove", (event) => {
        if (!this.drawing) return;
        this.strokes.at(-1).push(at(event));
        this.draw();
      });
      for (const kind of ["pointerup", "pointercancel"])
        this.field.addEventListener(kind, () => { this.drawing = false; });
      this.field.addEventListener("keydown", (event) => this.key(event));
      for (const kind of ["focus", "blur"]) this.field.addEventListener(kind, () => this.draw());
      this.draw();
    }

    key(event) {
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }, move = moves[event.key];
      if (move) {
        this.pen.x = Math.max(9, Math.min(FIELD - 9, this.pen.x + 18 * move[0]));
        this.pen.y = Math.max(9, Math.min(FIELD - 9, this.pen.y + 18 * move[1]));
        if (this.pen.down) this.strokes.at(-1).push([this.pen.x, this.pen.y]);
      } else if (event.key === " ") {
        if (this.done) this.clear();
        this.pen.down = !this.pen.down;
        if (this.pen.down) this.strokes.push([[this.pen.x, this.pen.y]]);
      } else if (event.key === "Enter") this.read();
      else if (event.key === "Delete" || event.key === "Backspace") this.clear();
      else return;
      event.preventDefault();
      this.draw();
    }

    draw() {
      const context = this.field.getContext("2d"), style = getComputedStyle(this);
      context.clearRect(0, 0, FIELD, FIELD);
      context.strokeStyle = context.fillStyle = style.color;
      Object.assign(context, { lineWidth: 36, lineCap: "round", lineJoin: "round" });
      for (const stroke of this.strokes) {
        context.beginPath();
        context.moveTo(...stroke[0]);
        stroke.concat([stroke.at(-1)]).forEach(([x, y]) => context.lineTo(x, y));
        context.stroke();
      }
      if (document.activeElement !== this.field) return;
      context.beginPath(); // the pen of those who draw by keys
      context.lineWidth = 3;
      context.strokeStyle = style.getPropertyValue("--ae-accent") || style.color;
      context.arc(this.pen.x, this.pen.y, this.pen.down ? 6 : 12, 0, 7);
      context.stroke();
    }

    clear() {
      this.strokes = [];
      this.done = this.pen.down = false;
      this.say("Draw a digit, large.");
      this.draw();
    }

    read() {
      const picture = blocks(this.strokes);
      if (!picture) return this.say("There is no ink yet.");
      this.answer(picture);
    }

    example() {
      this.clear();
      this.answer(this.examples[this.next++ % this.examples.length].map((v) => v / 16), "the test picture");
    }

    answer(picture, what = "your drawing") {
      const p = probabilities(this.reader, picture), best = p.indexOf(Math.max(...p)), context = this.seen.getContext("2d");
      this.pen.down = false;
      this.done = true;
      const image = context.createImageData(8, 8);
      picture.forEach((v, i) => image.data.set([30 + 225 * v, 40 + 160 * v, 60 + 40 * v, 255], 4 * i));
      context.putImageData(image, 0, 0);
      this.bars.replaceChildren(...p.map((v, k) => make("li", "", { style: `--ae-p:${v}` }, `${k}: ${(100 * v).toFixed(0)} %`)));
      this.say(`Read in ${what}: ${best} (${(100 * p[best]).toFixed(0)} %).`);
      for (const sound of this.sounds) sound.pause();
      this.sounds[best].currentTime = 0;
      this.sounds[best].play().catch(() => this.say(`Read: ${best}. The browser let no sound through; it is in the list.`));
      this.dispatchEvent(new CustomEvent("read", { detail: { digit: best, probabilities: p, picture } }));
    }

    say(text) { this.verdict.textContent = text; }
  }
  customElements.define("digit-drawing", DigitDrawing);
})();
