// Names and states for the widgets of a page, which stock ipywidgets leave out: a screen reader hears what a
// slider, a button or a picture is, and a slider's value as the page shows it. Stack draws its child anew at
// each move, so an observer looks after what is drawn later.
(() => {
  "use strict";

  const set = (element, name, value) => {
    if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
  };

  /** The words beside a widget, else its tooltip, else `otherwise`. */
  const nameOf = (widget, otherwise) => {
    const words = widget.querySelector(":scope > .widget-label")?.textContent.trim();
    const tooltip = widget.title && widget.title !== "null" ? widget.title : "";
    return words || tooltip || otherwise;
  };

  const slider = (widget) => {
    const name = nameOf(widget, "Slider");
    const handles = widget.querySelectorAll(".noUi-handle");
    const readout = widget.querySelector(".widget-readout");
    const shown = readout?.textContent ?? "";
    handles.forEach((handle, k) => {
      set(handle, "aria-label", handles.length > 1 ? `${name}, ${k ? "upper" : "lower"} end` : name);
      if (handles.length === 1 && shown) set(handle, "aria-valuetext", shown);
      set(handle, "aria-disabled", String(handle.closest(".noUi-target").hasAttribute("disabled")));
    });
    if (readout?.isContentEditable) {
      set(readout, "role", "textbox");
      set(readout, "aria-label", `${name}, type a value`);
    }
  };

  const toggles = (widget) => {
    const group = widget.querySelector(":scope > div");
    set(group, "role", "group");
    set(group, "aria-label", nameOf(widget, "Choice"));
    for (const button of group?.querySelectorAll("button") ?? []) {
      set(button, "aria-pressed", String(button.classList.contains("mod-active")));
    }
  };

  const play = (widget) => {
    set(widget, "role", "group");
    set(widget, "aria-label", nameOf(widget, "Animation"));
    const names = { "fa-play": "Play", "fa-pause": "Pause", "fa-stop": "Stop", "fa-retweet": "Repeat" };
    for (const icon of widget.querySelectorAll("button > i")) {
      const found = Object.keys(names).find((key) => icon.classList.contains(key));
      const button = icon.parentElement;
      set(icon, "aria-hidden", "true");
      if (found) set(button, "aria-label", names[found]);
      if (found === "fa-retweet") set(button, "aria-pressed", String(button.classList.contains("mod-active")));
    }
  };

  const field = (widget) => {
    for (const input of widget.querySelectorAll(":scope > select, :scope > input, :scope > textarea")) {
      if (!input.labels?.length || !nameOf(widget, "")) set(input, "aria-label", nameOf(widget, "Choice"));
    }
  };

  const picture = (image) => {
    if (!image.hasAttribute("alt") && image.title && image.title !== "null") image.alt = image.title;
  };

  const KINDS = [
    [".widget-slider", slider],
    [".widget-toggle-buttons", toggles],
    [".widget-play", play],
    [".widget-dropdown, .widget-select, .widget-text, .widget-textarea", field],
    ["img.widget-image", picture],
  ];

  /** Look after every widget in `root`, and after the one that `root` is part of. */
  const tend = (root) => {
    for (const [selector, work] of KINDS) {
      const around = root.closest(selector);
      if (around) work(around);
      for (const widget of root.querySelectorAll(selector)) work(widget);
    }
    for (const label of root.querySelectorAll('.widget-label[title="null"]')) label.removeAttribute("title");
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (!document.querySelector('script[type="application/vnd.jupyter.widget-view+json"]')) return;
    tend(document.body);
    new MutationObserver((changes) => {
      const roots = new Set();
      for (const { type, target, addedNodes } of changes) {
        if (type === "attributes") roots.add(target);
        else for (const node of addedNodes) roots.add(node.nodeType === 1 ? node : target);
      }
      for (const root of roots) if (root.isConnected && root.closest(".widget-subarea")) tend(root);
    }).observe(document.body, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ["aria-valuetext", "class", "disabled"],
    });
  });
})();
