// Notes: captions of one's own at steps. They are texts and nothing else, and are in the address.

import { element } from "../charts/element.js";

const MOST = 12, LONGEST = 140;
// Control characters, white space of any kind, and what turns the direction of writing. What joins letters or signs stays.
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\s\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

// A text as it is kept: in one line, and not too long.
export function cleaned(text) {
  return [...String(text).replace(CONTROL, " ").trim()].slice(0, LONGEST).join("").trim();
}

const ordered = (notes) => [...notes].sort((a, b) => a.step - b.step).slice(0, MOST);

// The notes in an address, [{ step, text }]; what is none is left out, as a link may have been cut.
export function readNotes(written) {
  let all = [];
  try {
    all = JSON.parse(written ?? "[]");
  } catch {
    // No notes.
  }
  const isNote = (each) => Array.isArray(each) && Number.isInteger(each[0]) && each[0] >= 0 && typeof each[1] === "string";
  return ordered((Array.isArray(all) ? all : []).filter(isNote).map(([step, text]) => ({ step, text: cleaned(text) })).filter(({ text }) => text));
}

export function writeNotes(notes) {
  return notes.length ? JSON.stringify(notes.map(({ step, text }) => [step, text])) : null;
}

// A field for a note at the step that is looked at. `step()` gives it, and `changed(notes)` is called with all notes.
export function noteForm({ step, changed, announce }) {
  let notes = [];
  const field = element("input", { type: "text", name: "note", maxlength: LONGEST, required: true, autocomplete: "off", "aria-label": "Note at this step" });
  const add = element("button", { type: "submit" }, "Add note");
  const node = element("form", {
    class: "live-note-form", "aria-label": "Notes",
    onsubmit: (event) => {
      event.preventDefault();
      const text = cleaned(field.value);
      if (!text) return;
      notes = ordered([...notes, { step: step(), text }]);
      field.value = "";
      announce(`Note at step ${step()} added`);
      changed(notes);
    },
  }, field, add);
  return {
    node,
    show(next) {
      notes = next;
      const isFull = notes.length >= MOST;
      field.disabled = add.disabled = isFull;
      field.placeholder = isFull ? `No more than ${MOST} notes` : `Note at step ${step()}`;
    },
  };
}
