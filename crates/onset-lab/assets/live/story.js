// The story of a training: the presets, what they show, captions as things happen, and what to try next.

import { element } from "../charts/element.js";

// `choose(preset)` is called when a preset is chosen, `remove(place)` when a note is taken out; `form` is where notes are written. A page
// that was saved has neither.
export function story({ choose, remove, form, announce }) {
  const row = element("div", { class: "live-presets", role: "group", "aria-label": "Presets" });
  const text = element("p", { class: "live-story" });
  const captions = element("ol", { class: "live-captions", "aria-label": "What happened" });
  const next = element("div", { class: "live-next" });
  const happenings = element("section", { class: "card live-told", "aria-labelledby": "live-told" }, element("h2", { id: "live-told" }, "What happened"), captions, form, next);
  let presets = [], listed = "", told = new Set(), known = [];

  const titled = (key) => presets.find((each) => each.key === key);

  const written = ({ key, step, mark, caption }, at, latest) => element("li", { "data-event": key, class: at === latest ? "latest" : null, "aria-current": at === latest ? "step" : null },
    element("b", {}, `Step ${step}, ${mark}.`), ` ${caption}`);
  const noted = ({ step, text, place }, at, latest) => element("li", { "data-note": step, class: at === latest ? "latest" : null, "aria-current": at === latest ? "step" : null },
    element("b", {}, `Step ${step}, note.`), " ", element("bdi", {}, text),
    remove && element("button", { type: "button", class: "live-remove", "aria-label": `Remove the note at step ${step}`, onclick: () => remove(place) }, "×"));

  // `all` are events and notes in their order, `latest` the place of the one that is looked at.
  function showCaptions(all, latest, isUntrained) {
    const key = JSON.stringify([isUntrained, latest, all.map((each) => [each.key, each.step, each.text])]);
    if (key === listed) return;
    listed = key;
    if (isUntrained) told = new Set();
    const fresh = all.filter((each) => !told.has(each.key));
    captions.replaceChildren(...all.map((each, at) => (each.text ? noted : written)(each, at, latest)));
    // An event is read out once, although the step of it may still move.
    for (const each of fresh) {
      told.add(each.key);
      announce(`Step ${each.step}: ${each.caption ?? each.text}`);
    }
  }

  return {
    presets: row,
    text,
    // The captions, and what to try next.
    happenings,
    fill(known) {
      presets = known;
      row.replaceChildren(...presets.map((each, index) => element("button", {
        type: "button", class: "toggle", "data-preset": each.key, "aria-pressed": "false", onclick: () => choose(each),
      }, element("span", { class: "live-number", "aria-hidden": "true" }, index + 1), ` ${each.title}`)));
    },
    choose,
    // The steps of all captions, in their order.
    steps: () => known.map(({ step }) => step),
    // The caption that is told at a step; empty before the first.
    captionAt(step) {
      const last = known.findLast((each) => each.step <= step);
      return last ? `Step ${last.step}${last.text ? "" : `, ${last.mark}`}. ${last.text ?? last.caption}` : "";
    },
    // `isSame`: whether the setup is that of the preset; `isOver`: whether training has come to an end; `now`: the last step, beyond which
    // no note is shown yet; `cursor`: the step that is looked at, null for the last one.
    show({ preset, isSame, isOver, isUntrained, events, notes = [], now, cursor = null }) {
      const present = titled(preset);
      const written = isSame ? present.story : `Custom setup, based on “${present.title}”. ${present.story}`;
      if (text.textContent !== written) text.textContent = written;
      for (const button of row.children) button.setAttribute("aria-pressed", String(button.dataset.preset === preset && isSame));
      const reached = notes.map((each, place) => ({ ...each, place, key: `note ${each.step} ${each.text}` })).filter(({ step }) => step <= now);
      const all = [...events, ...reached].sort((a, b) => a.step - b.step);
      known = all;
      showCaptions(all, all.findLastIndex(({ step }) => cursor === null || step <= cursor), isUntrained);
      next.hidden = !isOver;
      happenings.hidden = !all.length && !isOver && (isUntrained || !form);
      if (next.dataset.preset === preset) return;
      next.dataset.preset = preset;
      next.replaceChildren(element("h3", {}, "What to try next"), element("ul", {}, ...present.next.map((each) => element("li", {}, each.text,
        each.preset ? [" ", element("button", { type: "button", class: "live-then", onclick: () => choose(titled(each.preset)) }, titled(each.preset).title)] : null))));
    },
  };
}
