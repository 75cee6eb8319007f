// Starts the deck. Keys that a player, a slider or a form understands are theirs; S shows the speaker's notes.
(() => {
  "use strict";
  const OWN = "audio-player, audio-exercise, .jupyter-widgets, .noUi-handle, input, select, textarea, summary";
  const deck = new Reveal(document.querySelector(".reveal"), {
    disableLayout: true, // scaled slides would misplace what is dragged
    hash: true,
    slideNumber: "c/t",
    transition: "none",
    viewDistance: 2,
    keyboardCondition: () => !document.activeElement?.closest(OWN),
    keyboard: { 83: () => document.body.classList.toggle("with-notes") },
  });
  const shown = () => {
    for (const audio of document.querySelectorAll("section:not(.present) audio")) audio.pause();
    window.dispatchEvent(new Event("resize")); // what was hidden measures itself now
  };
  deck.initialize().then(() => {
    deck.on("slidechanged", () => { document.activeElement?.blur(); shown(); });
    document.documentElement.dataset.deck = "ready";
  });
})();
