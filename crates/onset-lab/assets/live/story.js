// The story of a training: the presets, what they show, captions as things happen, and what to try next.

import { element } from "../charts/element.js";

// `choose(preset)` is called when a preset is chosen.
export function story({ choose, announce }) {
  const row = element("div", { class: "live-presets", role: "group", "aria-label": "Presets" });
  const text = element("p", { class: "live-story" });
  const captions = element("ol", { class: "live-captions", "aria-label": "What happened" });
  const next = element("div", { class: "live-next" });
  let presets = [], listed = "", told = new Set();

  const titled = (key) => presets.find((each) => each.key === key);

  function showCaptions(events, isUntrained) {
    const key = JSON.stringify([isUntrained, events.map((each) => [each.key, each.step])]);
    if (key === listed) return;
    listed = key;
    if (isUntrained) told = new Set();
    const fresh = events.filter((each) => !told.has(each.key));
    captions.replaceChildren(...events.map((each, at) => element("li", { "data-event": each.key, class: at === events.length - 1 ? "latest" : null },
      element("b", {}, `Step ${each.step}, ${each.mark}.`), ` ${each.caption}`)));
    // An event is read out once, although the step of it may still move.
    for (const each of fresh) {
      told.add(each.key);
      announce(`Step ${each.step}: ${each.caption}`);
    }
  }

  return {
    presets: row,
    text,
    captions,
    next,
    fill(known) {
      presets = known;
      row.replaceChildren(...presets.map((each, index) => element("button", {
        type: "button", class: "toggle", "data-preset": each.key, "aria-pressed": "false", onclick: () => choose(each),
      }, element("span", { class: "live-number", "aria-hidden": "true" }, index + 1), ` ${each.title}`)));
    },
    // `isSame`: whether the setup is that of the preset; `isOver`: whether training has come to an end.
    show({ preset, isSame, isOver, isUntrained, events }) {
      const present = titled(preset);
      const written = isSame ? present.story : `Custom setup, based on “${present.title}”. ${present.story}`;
      if (text.textContent !== written) text.textContent = written;
      for (const button of row.children) button.setAttribute("aria-pressed", String(button.dataset.preset === preset && isSame));
      showCaptions(events, isUntrained);
      next.hidden = !isOver;
      if (next.dataset.preset === preset) return;
      next.dataset.preset = preset;
      next.replaceChildren(element("h3", {}, "What to try next"), element("ul", {}, ...present.next.map((each) => element("li", {}, each.text,
        each.preset ? [" ", element("button", { type: "button", class: "live-then", onclick: () => choose(titled(each.preset)) }, titled(each.preset).title)] : null))));
    },
  };
}
