/* <audio-trials>: a listening test of some trials. In each, A and B are two sounds by name unknown, and X is one
   of them: which? Sounds, order, and which is A are drawn anew each time; nothing leaves the page unless the
   reader downloads it. */
(() => {
  "use strict";
  if (customElements.get("audio-trials")) return;

  const COLUMNS = ["test", "listener", "trial", "passage", "a", "b", "x", "answer", "right", "seconds"];
  const { make, parsed, shuffled } = window.audioEdu; // player.js comes first

  /* Wilson's interval (95 %) of k right answers in n, and the chance of k or more by guessing. */
  function wilson(k, n) {
    const z = 1.959964, p = k / n, d = 1 + (z * z) / n;
    const middle = (p + (z * z) / (2 * n)) / d, half = (z / d) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
    return [Math.max(0, middle - half), Math.min(1, middle + half)];
  }

  function byGuessing(k, n) {
    let ways = 1, sum = 0;
    for (let i = 0; i <= n; i++) {
      if (i >= k) sum += ways;
      ways = (ways * (n - i)) / (i + 1);
    }
    return sum / 2 ** n;
  }

  const quoted = (value) => (/[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));

  class AudioTrials extends HTMLElement {
    connectedCallback() {
      if (!parsed(this)) return;
      if (!window.AudioContext || !this.querySelector("audio")) return;
      this.built = true;
      this.setAttribute("data-lm-suppress-shortcuts", "true");
      this.name = this.getAttribute("aria-label");
      this.pairs = JSON.parse(this.dataset.pairs);
      this.sounds = [...this.querySelectorAll(".ae-sound")].map((box) => ({
        passage: box.dataset.passage, system: box.dataset.system, seconds: Number(box.dataset.seconds),
        src: box.querySelector("audio").src,
      }));
      this.passages = [...new Set(this.sounds.map((sound) => sound.passage))];
      this.querySelector(".ae-list").remove(); // it says which is which
      this.place = make("div", "ae-quiz");
      this.querySelector(".ae-ask").replaceWith(this.place);
      this.welcome();
    }

    button(text, action, primary = false) {
      const node = make("button", primary ? "ae-answer ae-next" : "ae-answer", { type: "button" }, text);
      node.addEventListener("click", action);
      return node;
    }

    welcome() {
      const n = this.dataset.trials;
      this.place.replaceChildren(
        make("p", "", {}, `${n} trials. In each, A and B differ, and X is one of the two. Switch as often as you like, then say which. You are told how you did at the end, not before.`),
        make("div", "ae-answers", {}, this.button("Start", () => this.begin(), true)));
    }

    begin() {
      const all = this.passages.flatMap((passage) => this.pairs.map((pair) => ({ passage, pair })));
      const wanted = Number(this.dataset.trials);
      let drawn = [];
      while (drawn.length < wanted) drawn = drawn.concat(shuffled(all));
      this.trials = shuffled(drawn.slice(0, wanted)).map(({ passage, pair }) => {
        const [a, b] = shuffled(pair);
        return { passage, a, b, x: Math.random() < 0.5 ? a : b };
      });
      this.listener = Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, "0");
      this.rows = [];
      this.ask();
    }

    ask() {
      const trial = this.trials[this.rows.length], count = this.rows.length + 1;
      const found = (system) => this.sounds.find((s) => s.passage === trial.passage && s.system === system);
      const three = [["A", trial.a], ["B", trial.b], ["X", trial.x]].map(([name, system]) => [name, found(system)]);
      const boxes = three.map(([name, sound]) =>
        make("div", "ae-sound", { "data-name": name }, make("div", "ae-plot", {}, make("div", "ae-wave")),
          make("audio", "", { preload: "none", src: sound.src, "aria-label": name })));
      this.player = make("audio-player", "", {
        role: "group", "aria-label": `Trial ${count}`, "data-duration": Math.max(...three.map(([, s]) => s.seconds)),
      }, make("figure", "", {}, ...boxes));
      const status = make("p", "ae-question", { role: "status" }, `Trial ${count} of ${this.trials.length}: is X the sound A or the sound B?`);
      const answers = make("div", "ae-answers", { role: "group", "aria-label": "Your answer" },
        this.button("X is A", () => this.answer("a")), this.button("X is B", () => this.answer("b")));
      this.place.replaceChildren(status, this.player, answers);
      this.since = performance.now();
      if (count > 1) this.player.playButton?.focus();
    }

    answer(letter) {
      const trial = this.trials[this.rows.length];
      this.player.pause?.();
      this.rows.push({
        test: this.name, listener: this.listener, trial: this.rows.length + 1, passage: trial.passage, a: trial.a, b: trial.b, x: trial.x,
        answer: trial[letter], right: Number(trial[letter] === trial.x), seconds: ((performance.now() - this.since) / 1000).toFixed(1),
      });
      if (this.rows.length < this.trials.length) this.ask();
      else this.report();
    }

    report() {
      const line = (name, rows) => {
        const right = rows.reduce((sum, row) => sum + row.right, 0), [low, high] = wilson(right, rows.length);
        return [name, `${right} of ${rows.length}`, `${low.toFixed(2)}–${high.toFixed(2)}`, byGuessing(right, rows.length).toFixed(3)];
      };
      const lines = this.pairs.map(([a, b]) => [`${a} | ${b}`, this.rows.filter((row) => row.a + row.b === a + b || row.a + row.b === b + a)])
        .filter(([, rows]) => rows.length).map(([name, rows]) => line(name, rows));
      lines.push(line("all", this.rows));
      const head = make("tr", "", {}, ...["pair", "right", "95 %", "by guessing"].map((text) => make("th", "", { scope: "col" }, text)));
      const body = lines.map(([first, ...rest]) =>
        make("tr", "", {}, make("th", "", { scope: "row" }, first), ...rest.map((text) => make("td", "ae-number", {}, text))));
      const table = make("table", "", {}, make("caption", "", {}, "What you told apart"), make("thead", "", {}, head), make("tbody", "", {}, ...body));
      const note = "Guessing gives half. 95 %: where your true share may lie. By guessing: the chance of as many right answers, or more, from a toss of a coin. A few trials show large differences only.";
      const status = make("p", "ae-question", { role: "status", tabindex: "-1" }, `Done: ${lines.at(-1)[1]} right.`);
      this.place.replaceChildren(status, make("div", "ae-table", { role: "region", "aria-label": "Results", tabindex: "0" }, table), make("p", "", {}, note),
        make("div", "ae-answers", {}, this.button("Download as CSV", () => this.download(), true), this.button("Once more", () => this.begin())));
      status.focus();
    }

    csv() {
      return [COLUMNS.join(","), ...this.rows.map((row) => COLUMNS.map((name) => quoted(row[name])).join(","))].join("\n") + "\n";
    }

    download() {
      const link = make("a", "", { download: `trials-${this.listener}.csv`, href: URL.createObjectURL(new Blob([this.csv()], { type: "text/csv" })) });
      this.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    }
  }

  customElements.define("audio-trials", AudioTrials);
})();
