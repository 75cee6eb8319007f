// The search page: looks through the sections that section_texts.js brings (section_search.py says how they are kept).
// English words are found in every form ("filter" finds "filtered"), Chinese as it is typed; all words have to stand
// in one section, or in the title of its page; words in quotes stand together.
(() => {
  "use strict";
  const MOST = 60; // results at once
  const make = (tag, className, ...children) => {
    const made = Object.assign(document.createElement(tag), { className });
    made.append(...children);
    return made;
  };
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  /** What English adds to a word, taken off: "convolutions" and "convolving" are "convol" and more. */
  const stem = (word) => {
    const cut = word.replace(/(?:'s|’s|ies|ing|ings|ed|es|s|ly|ation|ations|ion|ions|e|y)$/, "");
    return cut.length >= 4 ? cut : word.length > 4 ? word.replace(/s$/, "") : word;
  };

  /** The words of a question, each as an expression that finds it. */
  const patterns = (question) => {
    const parts = question.normalize("NFKC").toLowerCase().match(/"[^"]+"|“[^”]+”|\p{Script=Han}+|[^\s"“”\p{Script=Han}]+/gu) ?? [];
    return parts.map((part) => {
      if (/^["“]/.test(part)) return escaped(part.slice(1, -1).trim()).replace(/\s+/g, "\\s+");
      if (/\p{Script=Han}/u.test(part)) return escaped(part);
      const word = part.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");
      return word && `(?<![\\p{L}\\p{N}])${escaped(stem(word))}[\\p{L}\\p{N}]*`;
    }).filter(Boolean).map((source) => new RegExp(source, "giu"));
  };

  const count = (text, pattern) => text.match(pattern)?.length ?? 0;

  /** How well a section answers: 0 if a word is missing. A word in its title weighs more than some in its text. */
  const score = (section, words) => {
    let total = 0;
    for (const word of words) {
      const inTitle = count(section.title, word), inText = count(section.text, word), inPage = count(section.page, word);
      if (!inTitle && !inText && !inPage) return 0;
      const share = inTitle ? 1 / Math.sqrt(section.title.length) : 0;
      total += 40 * share + 4 * Math.min(1, inTitle) + 2 * Math.log1p(inText) + Math.min(1, inPage);
    }
    return section.title || section.text ? total : 0;
  };

  const find = (sections, words) => {
    const here = (section, word) => count(section.title, word) + count(section.text, word) > 0;
    return sections
      .map((section, order) => ({ section, order, worth: words.some((word) => here(section, word)) ? score(section, words) : 0 }))
      .filter(({ worth }) => worth > 0)
      .sort((a, b) => b.worth - a.worth || a.order - b.order)
      .map(({ section }) => section);
  };

  /** Text with what was found marked. */
  const marked = (text, words) => {
    const spots = words.flatMap((word) => [...text.matchAll(word)].map((m) => [m.index, m.index + m[0].length])).sort((a, b) => a[0] - b[0]);
    const parts = [];
    let at = 0;
    for (const [from, to] of spots) {
      if (from < at) continue;
      parts.push(text.slice(at, from), make("mark", "", text.slice(from, to)));
      at = to;
    }
    return [...parts, text.slice(at)];
  };

  /** A line of context: the text around the place where most of the words stand together. */
  const context = (text, words) => {
    const spots = words.flatMap((word, k) => [...text.matchAll(word)].slice(0, 40).map((m) => [m.index, k])).sort((a, b) => a[0] - b[0]);
    let best = 0, most = 0;
    for (const [from] of spots) {
      const together = new Set(spots.filter(([at]) => at >= from && at < from + 130).map(([, k]) => k)).size;
      if (together > most) [best, most] = [from, together];
    }
    const wide = /\p{Script=Han}/u.test(text.slice(best, best + 20)) ? 60 : 170;
    let from = Math.max(0, Math.floor(best - wide / 4)), to = Math.min(text.length, from + wide);
    while (from > 0 && /[\p{L}\p{N}]/u.test(text[from - 1]) && !/\p{Script=Han}/u.test(text[from - 1])) from -= 1;
    while (to < text.length && /[\p{L}\p{N}]/u.test(text[to]) && !/\p{Script=Han}/u.test(text[to])) to += 1;
    return (from ? "… " : "") + text.slice(from, to).trim() + (to < text.length ? " …" : "");
  };

  const entry = (section, words) => {
    const title = make("a", "ae-found", ...marked(section.title || section.page, words));
    title.href = section.href;
    const where = make("p", "ae-where", section.title === section.page ? "" : section.page);
    const line = make("p", "ae-context", ...marked(context(section.text, words), words));
    for (const element of [title, line]) if (/^\p{Script=Han}/u.test(element.textContent)) element.lang = "zh-Hans";
    return make("li", "", title, ...[where, line].filter((element) => element.textContent));
  };

  const unpack = async () => {
    const bytes = Uint8Array.from(atob(window.sectionTexts), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const pages = JSON.parse(await new Response(stream).text());
    const root = document.documentElement.dataset.content_root ?? "./";
    return pages.flatMap(([path, sections]) => sections.map(([anchor, title, text], k) => ({
      title, text, page: sections[0][1], href: `${root}${path}${k ? `#${encodeURIComponent(anchor)}` : ""}`,
    })));
  };

  document.addEventListener("DOMContentLoaded", async () => {
    const place = document.querySelector("#search-results");
    const form = place.parentElement.querySelector("form.bd-search"), input = form.querySelector("input");
    const status = make("p", "ae-status"), list = make("ol", "ae-results");
    status.setAttribute("role", "status");
    place.append(status, list);

    let sections;
    try {
      sections = await unpack();
    } catch {
      status.textContent = "This browser is too old for the search: it cannot unpack the sections. The contents of each page are in its menu.";
      return;
    }
    const look = () => {
      const question = input.value.trim(), words = patterns(question);
      const found = words.length ? find(sections, words) : [];
      list.replaceChildren(...found.slice(0, MOST).map((section) => entry(section, words)));
      const many = found.length > MOST ? `, the best ${MOST} of them below` : "";
      status.textContent = !words.length ? "Type a word, in English or Chinese."
        : found.length ? `${found.length} ${found.length === 1 ? "section" : "sections"} with “${question}”${many}.`
        : `No section has ${words.length > 1 ? "all the words of " : ""}“${question}”. Try fewer words, a shorter one, or the other language: the glossary has each term in both.`;
      document.title = question ? `${question} - Search` : "Search";
    };
    let waiting;
    input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 120); });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      look();
      try { history.replaceState(null, "", `?q=${encodeURIComponent(input.value)}`); } catch { /* not from the disk */ }
      list.querySelector("a")?.focus();
    });
    // Down and up go through the results, as Tab does.
    place.parentElement.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const stops = [input, ...list.querySelectorAll("a")];
      const next = stops[stops.indexOf(document.activeElement) + step];
      if (next) { event.preventDefault(); next.focus(); }
    });
    input.value = new URLSearchParams(location.search).get("q") ?? "";
    look();
    input.focus();
  });
})();
