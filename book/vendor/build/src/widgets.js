// Draws saved Jupyter widgets in a static page: what @jupyter-widgets/html-manager's embed.js does, for the
// packages `base` and `controls` of ipywidgets 8 alone. It needs no kernel and asks for nothing.
import * as base from '@jupyter-widgets/base';
import { ManagerBase } from '@jupyter-widgets/base-manager';
import * as controls from '@jupyter-widgets/controls';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import style from './widgets.css';

// The stock readout of a SelectionSlider looks editable and takes no input.
class SelectionSliderView extends controls.SelectionSliderView {
  update(options) {
    const done = super.update(options);
    this.readout.contentEditable = 'false';
    return done;
  }
}

// A class for Stack, as every other widget has one.
class StackView extends controls.StackView {
  initialize(parameters) {
    super.initialize(parameters);
    this.luminoWidget.addClass('widget-stack');
  }
}

const MODULES = {
  '@jupyter-widgets/base': base,
  '@jupyter-widgets/controls': { ...controls, SelectionSliderView, StackView },
};
const MAJOR = '2'; // the widget protocol of ipywidgets 8
const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';

// Formulas in labels and in HTMLMath: the widgets know MathJax 2, the page has MathJax 3.
const latexTypesetter = {
  typeset(element) {
    const { startup } = window.MathJax ?? {};
    if (startup?.promise && /\\[([]|\$\$/.test(element.textContent)) {
      startup.promise.then(() => window.MathJax.typesetPromise([element]));
    }
  },
};

class PageManager extends ManagerBase {
  views = new Set();
  _rendermime = { latexTypesetter };

  async loadClass(className, moduleName, moduleVersion) {
    const found = MODULES[moduleName]?.[className];
    const major = moduleVersion.replace(/^[^\d]*/, '').split('.')[0];
    if (!found || (major !== MAJOR && major !== '')) {
      throw new Error(`this page has no widget ${moduleName}@${moduleVersion} ${className}`);
    }
    return found;
  }

  // There is no kernel: a comm that nobody listens to.
  async _create_comm() {
    return { on_close() {}, on_msg() {}, close() {}, send() {} };
  }

  async _get_comm_info() {
    return {};
  }

  async show(model, place) {
    const view = await this.create_view(model);
    Widget.attach(view.luminoWidget, place);
    this.views.add(view);
    view.once('remove', () => this.views.delete(view));
  }

  resize() {
    for (const view of this.views) MessageLoop.postMessage(view.luminoWidget, Widget.ResizeMessage.UnknownSize);
  }
}

async function draw(state) {
  const manager = new PageManager();
  const models = await manager.set_state(state);
  const byId = new Map(models.map((model) => [model.model_id, model]));
  addEventListener('resize', () => manager.resize());
  for (const script of document.querySelectorAll(VIEW)) {
    const model = byId.get(JSON.parse(script.textContent).model_id);
    if (!model) continue; // it belongs to another saved state of this page
    const place = document.createElement('div');
    place.className = 'widget-subarea';
    script.before(place);
    await manager.show(model, place);
  }
}

async function drawAll() {
  const states = [...document.querySelectorAll(STATE)].map((script) => JSON.parse(script.textContent));
  if (!states.length) return;
  const sheet = document.createElement('style');
  sheet.textContent = style;
  document.head.prepend(sheet); // before the book's own style, which may then say otherwise
  await Promise.all(states.map(draw));
  document.dispatchEvent(new CustomEvent('widgets-drawn'));
}

// Once, however often a page names this file.
if (!window._jupyter_widget_embedder) {
  window._jupyter_widget_embedder = true;
  if (document.readyState === 'complete') drawAll();
  else document.addEventListener('DOMContentLoaded', drawAll);
}
