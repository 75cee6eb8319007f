/* <audio-player>: one or several sounds over one picture and one position.
   The markup plays without this script; the script turns it into a player that can be steered by mouse, touch and
   keyboard, and plays through Web Audio, because that seeks to the sample and switches sounds without a gap. */
(() => {
  "use strict";
  if (customElements.get("audio-player")) return;

  const FADE = 0.01; // seconds of every crossfade: short enough to feel instant, long enough not to click
  const AHEAD = 0.02; // seconds from a command to its sound: what ends and what begins do so at one moment
  const HANDOVER_MS = 3000; // how long a removed explorer picture waits for the one that takes its place
  const shared = (window.audioEdu = { make, parsed, shuffled, context: null, output: null, current: null, groups: new Map(), buffers: new Map() });
  let serial = 0;

  function fade(gain, to, at) {
    gain.cancelScheduledValues(at);
    gain.setValueAtTime(gain.value, at);
    gain.linearRampToValueAtTime(to, at + FADE);
  }

  function audioContext() {
    if (!shared.context) {
      shared.context = new AudioContext({ latencyHint: "interactive" });
      shared.output = shared.context.createGain();
      shared.output.connect(shared.context.destination);
      // Without this a phone whose ringer is off plays Web Audio silently.
      if (navigator.audioSession) navigator.audioSession.type = "playback";
    }
    if (shared.context.state !== "running") shared.context.resume();
    return shared.context;
  }

  function decode(uri) {
    let promise = shared.buffers.get(uri);
    if (!promise) {
      const bytes = Uint8Array.from(atob(uri.slice(uri.indexOf(",") + 1)), (c) => c.charCodeAt(0));
      promise = audioContext().decodeAudioData(bytes.buffer);
      shared.buffers.set(uri, promise);
      if (shared.buffers.size > 48) shared.buffers.delete(shared.buffers.keys().next().value);
    }
    return promise;
  }

  function make(tag, className, attributes = {}, ...children) {
    const node = document.createElement(tag);
    node.className = className;
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  /* Whether an element can be built now, for the first time: a script in the head meets it before its children. */
  function parsed(element) {
    if (element.built) return false;
    if (document.readyState !== "loading" || element.nextSibling) return true;
    document.addEventListener("DOMContentLoaded", () => element.connectedCallback(), { once: true });
    return false;
  }

  function shuffled(list) {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }

  const icon = (path) => `<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d="${path}" fill="currentColor"/></svg>`;
  const PLAY = icon("M8 5.2v13.6a.8.8 0 0 0 1.2.7l11-6.8a.8.8 0 0 0 0-1.4l-11-6.8A.8.8 0 0 0 8 5.2z");
  const PAUSE = icon("M6.5 5h4v14h-4zM13.5 5h4v14h-4z");
  const LOOP = icon("M7 7h9.2l-1.6-1.6L16 4l4 4-4 4-1.4-1.4L16.2 9H7v4H5V9a2 2 0 0 1 2-2zm10 10H7.8l1.6 1.6L8 20l-4-4 4-4 1.4 1.4L7.8 15H17v-4h2v4a2 2 0 0 1-2 2z");
  const LETTERS = "ABCDEFGHI";

  class AudioPlayer extends HTMLElement {
    connectedCallback() {
      if (!parsed(this)) return;
      if (!window.AudioContext || !this.querySelector("audio")) return;
      this.built = true;
      this.build();
      this.takeOver();
    }

    disconnectedCallback() {
      if (!this.built) return;
      if (!this.group) return this.pause();
      // An explorer swaps one player for the next: keep sounding until the next one goes on from here.
      setTimeout(() => { if (this.playing && !this.isConnected) this.pause(); }, HANDOVER_MS);
    }

    build() {
      this.sounds = [...this.querySelectorAll(".ae-sound")].map((box) => ({
        box, plot: box.querySelector(".ae-plot"), audio: box.querySelector("audio"),
        facts: box.querySelector(".ae-facts"), name: box.dataset.name || "",
      }));
      this.duration = Number(this.dataset.duration);
      this.group = this.dataset.group || "";
      this.name = this.getAttribute("aria-label") || "Sound";
      this.position = 0;
      this.playing = this.loop = false;
      this.voices = [];
      this.token = 0;
      this.tab = 0; // which button is chosen; order[tab] is the sound behind it
      this.order = this.sounds.map((_, i) => i);
      this.blind = this.hasAttribute("data-blind") && this.sounds.length > 1;
      this.score = { right: 0, rounds: 0 };
      // Jupyter's own shortcuts (1 makes a heading, the arrows change the cell) would take our keys.
      this.setAttribute("data-lm-suppress-shortcuts", "true");

      this.playButton = make("button", "ae-play", { type: "button" });
      this.playButton.addEventListener("click", () => this.toggle());
      this.loopButton = make("button", "ae-loop", { type: "button", "aria-pressed": "false", "aria-label": "Repeat", title: "Repeat" });
      this.loopButton.innerHTML = LOOP;
      this.loopButton.addEventListener("click", () => this.setLoop(!this.loop));
      this.readout = make("span", "ae-readout", { "aria-hidden": "true" });
      this.tabs = make("div", "ae-tabs", { role: "radiogroup", "aria-label": "Which sound" });
      this.map = this.querySelector(".ae-map");
      if (this.map) this.buildMap();
      else if (this.sounds.length > 1) {
        this.sounds.forEach((_, i) => {
          const tab = make("button", "ae-tab", { type: "button", role: "radio" });
          tab.addEventListener("click", () => this.select(i, true));
          this.tabs.append(tab);
        });
      } else this.tabs.hidden = true;
      const beside = this.map ? this.here : this.tabs;
      const controls = make("div", "ae-controls", {}, this.playButton, beside, this.loopButton, this.readout);

      this.seekBar = make("div", "ae-seek", { role: "slider", tabindex: "0", "aria-label": `Position in ${this.name}`, "aria-valuemin": "0", "aria-valuemax": this.duration.toFixed(2) }, make("span", "ae-playhead"));
      this.stage = make("div", "ae-stage");
      for (const sound of this.sounds) {
        const wave = sound.plot.querySelector(".ae-wave svg");
        if (wave) { // the part already heard is the same picture again, coloured and cut at the playhead
          const heard = wave.cloneNode(true);
          heard.classList.add("ae-heard");
          wave.after(heard);
        }
        this.stage.append(sound.plot);
        sound.audio.controls = false;
      }
      this.stage.append(this.seekBar);
      this.sounds[0].box.before(controls, this.stage);
      if (this.blind) this.buildQuiz();
      this.buildMarks();
      this.classList.add("ae-ready");

      this.seekBar.addEventListener("pointerdown", (event) => this.drag(event));
      this.addEventListener("keydown", (event) => this.key(event));
      if (this.blind) this.newRound();
      else this.select(0);
      this.paint();
    }

    /* ---- playing ---- */

    now() {
      if (!this.playing) return this.position;
      const t = this.position + Math.max(0, shared.context.currentTime - this.startedAt);
      return this.loop ? t % this.duration : Math.min(t, this.duration);
    }

    async play() {
      if (this.playing || this.loading) return;
      if (this.position >= this.duration - 0.005) this.position = 0;
      const token = ++this.token;
      this.loading = true;
      try {
        audioContext();
        await Promise.all(this.sounds.map(async (sound) => { sound.buffer = await decode(sound.audio.src); }));
      } catch (error) {
        return this.giveUp(error);
      } finally {
        this.loading = false;
      }
      if (token !== this.token || !this.isConnected) return;
      if (shared.current && shared.current !== this) shared.current.pause();
      this.start(this.position);
    }

    start(position) {
      const context = audioContext();
      const at = context.currentTime + AHEAD;
      this.position = position;
      this.startedAt = at;
      this.voices = this.sounds.map((sound, i) => {
        const source = context.createBufferSource(), gain = context.createGain();
        source.buffer = sound.buffer;
        source.loop = this.loop;
        source.loopEnd = Math.min(this.duration, sound.buffer.duration);
        gain.gain.setValueAtTime(0, at);
        gain.gain.linearRampToValueAtTime(i === this.order[this.tab] ? 1 : 0, at + (position > 0 ? FADE : 0.001));
        source.connect(gain).connect(shared.output);
        source.start(at, Math.min(position, sound.buffer.duration));
        return { source, gain };
      });
      this.playing = true;
      shared.current = this;
      this.paint();
      this.tick();
    }

    silence(at) {
      if (!this.voices.length) return;
      at ??= shared.context.currentTime + AHEAD;
      for (const { source, gain } of this.voices) {
        fade(gain.gain, 0, at);
        source.stop(at + FADE);
      }
      this.voices = [];
    }

    pause(at) {
      this.token++;
      this.position = this.now();
      this.playing = false;
      this.silence(at);
      if (shared.current === this) shared.current = null;
      this.paint();
    }

    toggle() {
      if (this.playing) this.pause();
      else this.play();
    }

    seek(t) {
      t = Math.min(Math.max(t, 0), this.duration);
      if (this.playing && t < this.duration) {
        this.silence();
        this.start(t);
      } else {
        if (this.playing) this.pause();
        this.position = t;
      }
      this.paint();
    }

    setLoop(on) {
      const t = this.now();
      this.loop = on;
      this.loopButton.setAttribute("aria-pressed", String(on));
      if (this.playing) this.seek(t);
    }

    tick() {
      if (!this.playing) return;
      if (!this.loop && this.now() >= this.duration) {
        this.pause();
        return;
      }
      this.paint(true);
      requestAnimationFrame(() => this.tick());
    }

    giveUp(error) { // leave the reader with the browser's own player
      console.warn("audio-player: this browser could not decode the sound", error);
      this.classList.remove("ae-ready");
      for (const sound of this.sounds) sound.audio.controls = true;
    }

    /* ---- one explorer picture after another ---- */

    takeOver() {
      if (!this.group) return;
      let old = shared.groups.get(this.group);
      shared.groups.set(this.group, this);
      if (!old || old.isConnected) return;
      // When the slider runs fast, the one that sounds may be several pictures back.
      if (!old.playing && old.following) old = old.following;
      if (old.loop) this.setLoop(true);
      if (old.sounds.length === this.sounds.length && !this.blind) this.select(old.tab);
      const follow = () => Math.min(old.now(), this.duration);
      this.position = follow();
      this.paint();
      if (!old.playing) return;
      this.following = old;
      Promise.all(this.sounds.map(async (sound) => { sound.buffer = await decode(sound.audio.src); })).then(() => {
        // Either may have changed meanwhile: paused, or this picture already replaced by the next.
        if (!this.isConnected || !old.playing || this.playing) return;
        const position = follow() + AHEAD;
        this.start(position >= this.duration - 0.01 ? 0 : position);
        old.pause(this.startedAt); // last: between the two the old one is heard, not nothing
      }, (error) => this.giveUp(error)).finally(() => { this.following = null; });
    }

    /* ---- choosing and steering ---- */

    select(tab, focus = false) {
      this.tab = tab;
      const chosen = this.order[tab];
      this.sounds.forEach((sound, i) => {
        sound.plot.hidden = i !== chosen;
        sound.box.hidden = i !== chosen;
      });
      // One moment for all, not yet come when the last of them is told.
      const at = this.voices.length ? shared.context.currentTime + AHEAD : 0;
      this.voices.forEach(({ gain }, i) => fade(gain.gain, i === chosen ? 1 : 0, at));
      [...this.tabs.children].forEach((button, i) => {
        button.setAttribute("aria-checked", String(i === tab));
        button.tabIndex = i === tab ? 0 : -1;
        if (!this.map) button.textContent = this.tabName(i);
      });
      if (this.map) this.here.textContent = this.sounds[tab].name;
      if (focus) this.tabs.children[tab].focus();
    }

    tabName(tab) {
      const name = this.sounds[this.order[tab]].name;
      if (!this.blind) return name;
      return this.answered ? `${LETTERS[tab]} · ${name}` : LETTERS[tab];
    }

    drag(event) {
      if (event.button) return;
      event.preventDefault();
      this.seekBar.focus({ preventScroll: true });
      const resume = this.playing;
      const move = (e) => {
        const area = this.seekBar.getBoundingClientRect();
        this.seek(((e.clientX - area.left) / area.width) * this.duration);
      };
      if (resume) this.pause(); // a drag is silent; the sound goes on where it is let go
      move(event);
      this.seekBar.setPointerCapture(event.pointerId);
      const end = () => {
        this.seekBar.removeEventListener("pointermove", move);
        if (resume) this.play();
      };
      this.seekBar.addEventListener("pointermove", move);
      this.seekBar.addEventListener("pointerup", end, { once: true });
      this.seekBar.addEventListener("pointercancel", end, { once: true });
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = event.shiftKey ? 1 : 0.1;
      const { key, target } = event;
      const digit = Number(key) - 1;
      if (this.map && this.tabs.contains(target)) {
        if (!this.walk(key)) return;
      } else if (this.sounds.length > 1 && this.sounds[digit] && !this.map) this.select(digit, this.tabs.contains(target));
      else if (this.tabs.contains(target) && /^Arrow/.test(key)) {
        const by = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
        this.select((this.tab + by + this.sounds.length) % this.sounds.length, true);
      } else if (target !== this.seekBar) return; // buttons keep their own Space and Enter
      else if (key === "ArrowLeft" || key === "ArrowDown") this.seek(this.now() - step);
      else if (key === "ArrowRight" || key === "ArrowUp") this.seek(this.now() + step);
      else if (key === "Home") this.seek(0);
      else if (key === "End") this.seek(this.duration);
      else if (key === " " || key === "Enter") this.toggle();
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    paint(running = false) {
      const t = this.now();
      this.style.setProperty("--ae-at", `${(100 * t) / this.duration}%`);
      for (const word of this.words) word.button.classList.toggle("ae-now", t >= word.start && t < word.end && (running || t > 0));
      this.readout.textContent = `${t.toFixed(2)} / ${this.duration.toFixed(2)} s`;
      // A screen reader would read out every change: while playing, tell it twice a second.
      if (!running || performance.now() - (this.told || 0) > 500) {
        this.told = performance.now();
        this.seekBar.setAttribute("aria-valuenow", t.toFixed(2));
        this.seekBar.setAttribute("aria-valuetext", `${t.toFixed(2)} of ${this.duration.toFixed(2)} seconds`);
      }
      if (running) return;
      this.playButton.innerHTML = this.playing ? PAUSE : PLAY;
      this.playButton.setAttribute("aria-label", `${this.playing ? "Pause" : "Play"}: ${this.name}`);
      this.classList.toggle("ae-playing", this.playing);
    }

    /* ---- words that light up as they are spoken; what one clicks is heard ---- */

    buildMarks() {
      this.words = [...this.querySelectorAll(".ae-word")].map((span) => {
        const [start, end] = [Number(span.dataset.start), Number(span.dataset.end)];
        const button = make("button", "ae-word", { type: "button", title: `at ${start.toFixed(2)} s` }, span.textContent);
        button.addEventListener("click", () => { this.seek(start); this.play(); });
        span.replaceWith(button);
        return { start, end, button };
      });
      const tags = this.querySelector(".ae-tags");
      if (tags) this.stage.after(tags); // under the picture, whose time axis it shares
    }

    /* ---- a map: the buttons lie on a picture, and what one touches starts anew ---- */

    buildMap() {
      this.tabs.className = "ae-places";
      this.tabs.setAttribute("aria-label", "Places on the map");
      this.here = make("span", "ae-here");
      for (const sound of this.sounds) {
        [sound.x, sound.y] = [Number(sound.box.dataset.x), Number(sound.box.dataset.y)];
        const tab = make("button", "ae-place", { type: "button", role: "radio", "aria-label": sound.name, title: sound.name });
        tab.style.cssText = `left:${sound.x}%;top:${sound.y}%`;
        // a pointer is the map's; this is for the keyboard and for screen readers
        tab.addEventListener("click", (event) => { if (!event.detail) this.strike(this.sounds.indexOf(sound)); });
        this.tabs.append(tab);
      }
      this.map.append(this.tabs);
      const list = this.querySelector(".ae-list");
      list.replaceWith(...[...list.children].slice(1)); // all but its summary
      this.map.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        event.preventDefault();
        this.map.setPointerCapture(event.pointerId);
        this.strike(this.nearest(event));
      });
      this.map.addEventListener("pointermove", (event) => {
        if (!this.map.hasPointerCapture(event.pointerId)) return;
        const place = this.nearest(event);
        if (place !== this.tab) this.strike(place);
      });
    }

    nearest(event) {
      const area = this.map.getBoundingClientRect();
      const away = this.sounds.map(({ x, y }) =>
        Math.hypot(area.left + (x / 100) * area.width - event.clientX, area.top + (y / 100) * area.height - event.clientY));
      return away.indexOf(Math.min(...away));
    }

    strike(place) {
      this.select(place, true);
      this.seek(0);
      this.play(); // does nothing if it is playing
    }

    walk(key) { // to the nearest place in an arrow's direction; places aside count as farther away
      const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] || [0, 0];
      if (!dx && !dy) return false;
      const from = this.sounds[this.tab];
      let best = -1, least = Infinity;
      this.sounds.forEach(({ x, y }, i) => {
        const along = (x - from.x) * dx + (y - from.y) * dy, aside = Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
        if (along > 0.5 && along + 3 * aside < least) [best, least] = [i, along + 3 * aside];
      });
      if (best >= 0) this.strike(best);
      return true;
    }

    /* ---- blind test ---- */

    buildQuiz() {
      this.question = make("p", "ae-question", { id: `ae-question-${++serial}` });
      this.answers = make("div", "ae-answers", { role: "group", "aria-labelledby": this.question.id });
      this.sounds.forEach((_, i) => {
        const button = make("button", "ae-answer", { type: "button" }, LETTERS[i]);
        button.addEventListener("click", () => this.answer(i));
        this.answers.append(button);
      });
      this.next = make("button", "ae-answer ae-next", { type: "button" }, "New round");
      this.next.addEventListener("click", () => { this.newRound(); this.tabs.children[this.tab].focus(); });
      this.answers.append(this.next);
      this.verdict = make("p", "ae-verdict", { role: "status" });
      this.stage.after(make("div", "ae-quiz", {}, this.question, this.answers, this.verdict));
    }

    newRound() {
      this.order = shuffled(this.order);
      this.target = Math.floor(Math.random() * this.sounds.length);
      this.answered = false;
      this.classList.add("ae-blind");
      this.question.replaceChildren("Which one is ", make("strong", "", {}, this.sounds[this.target].name), "?");
      for (const button of this.answers.children) {
        button.hidden = button === this.next;
        button.classList.remove("ae-right", "ae-wrong");
        button.disabled = false;
      }
      if (this.score.rounds) this.verdict.textContent = `New round. ${this.scoreText()}`;
      this.select(0);
    }

    answer(tab) {
      if (this.answered) return;
      this.answered = true;
      const right = this.order[tab] === this.target;
      const truth = this.order.indexOf(this.target);
      this.score.rounds++;
      this.score.right += right;
      this.classList.remove("ae-blind");
      this.answers.children[truth].classList.add("ae-right");
      if (!right) this.answers.children[tab].classList.add("ae-wrong");
      for (const button of this.answers.children) button.disabled = button !== this.next;
      this.next.hidden = false;
      const name = this.sounds[this.target].name;
      this.verdict.textContent = (right ? `Right: ${LETTERS[tab]} is ${name}. ` : `No: ${name} is ${LETTERS[truth]}; ${LETTERS[tab]} is ${this.sounds[this.order[tab]].name}. `) + this.scoreText();
      this.select(this.tab);
      this.next.focus();
    }

    scoreText() {
      const { right, rounds } = this.score;
      return `${right} of ${rounds} right (guessing gives ${(rounds / this.sounds.length).toFixed(1)}).`;
    }
  }

  customElements.define("audio-player", AudioPlayer);
})();
