// What a reader keeps: which chapters were read to the end and which exercises are solved, in this browser only.
// A tick in the sidebar, a table where the page has a place for it, a file to take it elsewhere.
(() => {
  "use strict";
  const PREFIX = "audio-edu:";
  const READ = "read:";
  const storage = (() => { try { return window.localStorage; } catch { return null; } })();
  const get = (key) => { try { return storage?.getItem(PREFIX + key) ?? null; } catch { return null; } };
  const set = (key, value) => { try { storage?.setItem(PREFIX + key, value); } catch { /* a page may not be allowed to */ } };
  const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });
  const number = (href) => /notebooks\/(\d\d)_\w+(?:\.html)?(?:[#?].*)?$/.exec(href)?.[1];

  /** All that is kept: {"05-1": "right", "read:05": "2026-11-27"}. */
  const kept = () => {
    const found = {};
    for (let k = 0; storage && k < storage.length; k += 1) {
      const key = storage.key(k);
      if (key.startsWith(PREFIX)) found[key.slice(PREFIX.length)] = storage.getItem(key);
    }
    return found;
  };
  const solvedIn = (chapter) => Object.keys(kept()).filter((key) => key.startsWith(`${chapter}-`)).length;

  /** What scrolls sideways (a table, code, a long formula) fades where it goes on, and is reached by the keyboard. */
  const WIDE = ".bd-article :is(table, .ae-table, pre, div.math, span.math, mjx-container[display='true'])";
  const watched = new WeakSet();
  const fade = (frame) => {
    const hidden = frame.scrollWidth - frame.clientWidth;
    frame.classList.toggle("ae-before", frame.scrollLeft > 2);
    frame.classList.toggle("ae-more", hidden - frame.scrollLeft > 2);
  };
  const reach = () => {
    for (const frame of document.querySelectorAll(WIDE)) {
      if (frame.checkVisibility?.({ contentVisibilityAuto: true }) === false) continue; // far away: it is not laid out yet
      // of an inline formula a part for screen readers counts, too, that nobody sees
      const inside = frame.matches("span.math") ? frame.querySelector("mjx-math")?.offsetWidth ?? 0 : frame.scrollWidth;
      const scrolls = frame.clientWidth > 0 && inside > frame.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(frame).overflowX);
      if (!scrolls) {
        frame.classList.remove("ae-before", "ae-more");
        continue;
      }
      frame.tabIndex = 0;
      fade(frame);
      if (!watched.has(frame)) frame.addEventListener("scroll", () => fade(frame), { passive: true });
      watched.add(frame);
    }
  };

  /** A tick behind each chapter that was read, in the sidebar. */
  const tick = () => {
    for (const link of document.querySelectorAll(".bd-links a.reference, .bd-sidebar-primary a.reference")) {
      const chapter = number(link.href.split("#")[0]) ?? (link.getAttribute("href") === "#" ? number(location.pathname) : null);
      if (!chapter) continue;
      link.querySelector(".ae-tick")?.remove();
      if (get(READ + chapter)) link.append(make("span", " ✓", { className: "ae-tick", title: "read to the end" }));
    }
  };

  const download = () => {
    const text = JSON.stringify({ book: "Hearing Machines", kept: kept() }, null, 1);
    const link = make("a", "", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: "hearing-machines-progress.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  };

  /** Take in what a file holds, beside what is there; only keys of the book's own form. */
  const take = (text) => {
    const entries = Object.entries(JSON.parse(text).kept);
    for (const [key, value] of entries) {
      if (/^(\d\d-\d+|read:\d\d)$/.test(key) && typeof value === "string" && value.length < 30) set(key, value);
    }
  };

  const forget = () => { for (const key of Object.keys(kept())) storage.removeItem(PREFIX + key); };

  const table = (place) => {
    const chapters = JSON.parse(place.dataset.chapters);
    const body = make("tbody", "");
    let nRead = 0, nSolved = 0, nAll = 0;
    for (const { number: chapter, title, href, exercises } of chapters) {
      const row = make("tr", ""), name = make("td", ""), solved = solvedIn(chapter), read = Boolean(get(READ + chapter));
      name.append(make("a", title, { href }));
      row.append(name, make("td", read ? "✓ read" : "–"), make("td", `${solved} of ${exercises}`));
      body.append(row);
      nRead += read; nSolved += solved; nAll += exercises;
    }
    const head = make("thead", ""), row = make("tr", "");
    for (const text of ["chapter", "read", "exercises solved"]) row.append(make("th", text, { scope: "col" }));
    head.append(row);
    const shown = make("table", "", { className: "table" });
    shown.append(head, body);
    const status = make("p", `${nRead} of ${chapters.length} chapters read, ${nSolved} of ${nAll} exercises solved.`, { className: "ae-kept" });
    status.setAttribute("role", "status");
    const say = (text) => { status.textContent = text; };
    const again = () => { table(place); tick(); };
    const buttons = make("p", ""), file = make("input", "", { type: "file", accept: ".json,application/json", hidden: true });
    file.addEventListener("change", async () => {
      try { take(await file.files[0].text()); again(); } catch { say("This file holds no progress of this book."); }
    });
    const button = (text, work) => {
      const made = make("button", text, { type: "button", className: "ae-keep" });
      made.addEventListener("click", work);
      buttons.append(made, " ");
    };
    button("Save to a file", download);
    button("Read from a file", () => file.click());
    button("Forget all", () => { forget(); again(); });
    buttons.append(file);
    place.replaceChildren(status, shown, buttons);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const chapter = number(location.pathname);
    const last = [...document.querySelectorAll("article section > h2")].at(-1);
    if (chapter && last && "IntersectionObserver" in window) {
      new IntersectionObserver((seen, observer) => {
        if (!seen.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        set(READ + chapter, new Date().toISOString().slice(0, 10));
        tick();
      }).observe(last);
    }
    tick();
    reach();
    window.addEventListener("load", async () => {
      await window.MathJax?.startup?.promise;
      reach();
      document.fonts.ready.then(reach); // the formulas' fonts change their widths
    });
    document.addEventListener("toggle", reach, true); // what was folded away had no width
    document.addEventListener("contentvisibilityautostatechange", ({ skipped }) => { if (!skipped) reach(); }, true); // or was far away
    window.addEventListener("resize", reach);
    const place = document.querySelector(".ae-progress");
    if (place) table(place);
  });

  // On paper a picture stands for each player; a line says where it can be heard.
  window.addEventListener("beforeprint", () => {
    for (const player of document.querySelectorAll("audio-player")) player.dataset.where = location.href.split("#")[0];
  });
})();
