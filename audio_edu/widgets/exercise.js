/* Exercises that are answered in the page: a number, one of several options, steps to put in order. */
(() => {
  if (customElements.get("audio-exercise")) return;
  const stored = (name) => { try { return localStorage.getItem(`audio-edu:${name}`); } catch { return null; } };
  const store = (name) => { try { localStorage.setItem(`audio-edu:${name}`, "right"); } catch { /* a page may not be allowed to */ } };
  const { parsed } = window.audioEdu; // player.js comes first
  const make = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text || "" });
  // h_t and e^{jωn} as one writes them; names in code, such as n_fft, stay as they are
  const typeset = (element, text) => {
    element.replaceChildren(...text.split(/([_^](?:\{[^}]*\}|\p{L}(?!\p{L})|\d+))/u).map((part) =>
      /^[_^]./.test(part) ? make(part[0] === "_" ? "sub" : "sup", "", part.slice(1).replace(/^\{|\}$/g, "")) : part));
    return element;
  };

  function wrongNumber(task, text) {
    const said = task.said;
    if (/["'“”‘’]/.test(text)) return said.quotes;
    const plain = text.trim().replace("−", "-").replace(/^[+-]?[1-9]\d{0,2}(,\d{3})+(?=\.|$)/, (all) => all.replaceAll(",", ""));
    if (/^nan$/i.test(plain)) return said.nan;
    if (/^[+-]?inf(inity)?$/i.test(plain)) return said.infinite;
    const value = Number(plain.replace(",", "."));
    if (!plain || Number.isNaN(value)) return said.no_number;
    const right = task.right, tolerance = task.tolerance ?? 1e-6 * Math.abs(right);
    if (Math.abs(value - right) <= tolerance) return "";
    for (const [wrong, why] of task.mistakes || [])
      if (Math.abs(value - wrong) <= Math.max(tolerance, 1e-6 * Math.abs(wrong))) return why;
    if (right && Math.abs(value + right) <= tolerance) return said.sign;
    if (task.whole && Math.abs(value - right) === 1) return said.off_by_one;
    if (Math.abs(value - right) < task.close * Math.abs(right)) return said.rounded;
    return value > right ? said.large : said.small;
  }

  function wrongOrder(task, given) {
    if (given === task.right) return "";
    const known = (task.mistakes || []).find(([wrong]) => wrong === given);
    let first = 0;
    while (given[first] === task.right[first]) first += 1;
    return known ? known[1] : `${task.said.first} ${first}`;
  }

  class AudioExercise extends HTMLElement {
    connectedCallback() {
      if (!parsed(this)) return;
      this.built = true;
      this.facts = this.querySelector(".ae-facts");
      if (stored(this.dataset.name)) this.markSolved();
      if (!this.dataset.how) return;
      const bytes = Uint8Array.from(atob(this.dataset.task), (c) => c.charCodeAt(0));
      this.task = JSON.parse(new TextDecoder().decode(bytes));
      this.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab's keys are not ours
      this.list = this.querySelector("ol");
      this.form = make("form", "ae-form");
      const answer = { number: () => this.asNumber(), choice: () => this.asChoice(), order: () => this.asOrder() }[this.dataset.how]();
      const button = make("button", "ae-answer", "Check");
      this.verdict = make("p", "ae-verdict");
      this.verdict.setAttribute("role", "status");
      this.form.append(button);
      this.form.addEventListener("submit", (event) => { event.preventDefault(); this.say(answer()); });
      this.querySelector(".ae-ask").replaceWith(this.form, this.verdict);
    }

    asNumber() {
      const input = make("input", "ae-input");
      Object.assign(input, { type: "text", inputMode: "decimal", autocomplete: "off", ariaLabel: `Your answer to ${this.dataset.name}` });
      this.form.append(input);
      return () => wrongNumber(this.task, input.value);
    }

    asChoice() {
      const group = make("fieldset", "ae-options");
      group.append(make("legend", "ae-legend", "Choose one"));
      [...this.list.children].forEach((item, i) => {
        const label = make("label", "ae-option"), radio = make("input", "");
        Object.assign(radio, { type: "radio", name: `ae-${this.dataset.name}`, value: i });
        label.append(radio, typeset(make("span", ""), `${"abcdefgh"[i]}. ${item.textContent}`));
        group.append(label);
      });
      this.list.remove();
      this.form.append(group);
      return () => {
        const chosen = group.querySelector("input:checked");
        if (!chosen) return "choose one";
        return "abcdefgh"[chosen.value] === this.task.right ? "" : this.task.options[chosen.value][1];
      };
    }

    asOrder() {
      [...this.list.children].forEach((item, i) => {
        const text = item.textContent;
        item.dataset.letter = "abcdefgh"[i];
        item.replaceChildren(typeset(make("span", ""), `${item.dataset.letter}. ${text}`));
        for (const [arrow, name, step] of [["↑", "up", -1], ["↓", "down", 1]]) {
          const button = make("button", "ae-move", arrow);
          Object.assign(button, { type: "button", ariaLabel: `Move ${name}: ${text}` });
          button.addEventListener("click", () => {
            const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
            if (other) other[step < 0 ? "before" : "after"](item);
            button.focus();
          });
          item.append(button);
        }
      });
      this.list.classList.add("ae-steps");
      this.list.removeAttribute("type");
      return () => wrongOrder(this.task, [...this.list.children].map((item) => item.dataset.letter).join(""));
    }

    say(wrong) {
      const said = this.task.said;
      typeset(this.verdict, wrong ? `${said.not_yet} ${wrong}.` : [said.right, this.task.because].filter(Boolean).join(" "));
      this.verdict.classList.toggle("ae-is-right", !wrong);
      if (wrong) return;
      store(this.dataset.name);
      this.markSolved();
    }

    markSolved() {
      if (this.classList.contains("ae-solved")) return;
      this.classList.add("ae-solved");
      this.facts.textContent += " · solved ✓";
    }
  }
  customElements.define("audio-exercise", AudioExercise);
})();
