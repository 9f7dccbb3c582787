// Training on texts of one's own, from a file of the folder or pasted rows: the run appears in the list and is shown as any other.

import { element } from "../charts/element.js";
import { keepKey, nameOfRun } from "../live/mine.js";
import { ask, post } from "../shell/request.js";
import { link } from "../shell/route.js";

const MOST_CHARACTERS = 2 ** 20, MOST_STEPS = 5000, LARGEST_SEED = 999999999;
const PASTED = "";
const EXAMPLE = "text,label\nfree entry win a prize now,spam\nsee you at home tonight,ham";
// How often the page looks for the run that was begun, and how many milliseconds it waits in between.
const LOOKS = 20, WAIT = 250;

export function makeTrain({ announce }) {
  const file = element("select", { onchange: () => { paste.hidden = file.value !== PASTED; } });
  const rows = element("textarea", { rows: 6, placeholder: EXAMPLE, spellcheck: "false", maxlength: MOST_CHARACTERS, "aria-label": "Rows of texts and labels" });
  const chosen = element("input", { type: "file", accept: ".csv,.tsv,.txt,.jsonl,.json,text/*", onchange: read });
  const paste = element("div", {}, rows, element("label", {}, "or open a file of this computer ", chosen));
  const text = element("input", { type: "text", placeholder: "found by itself", autocomplete: "off" });
  const label = element("input", { type: "text", placeholder: "found by itself", autocomplete: "off" });
  const names = element("input", { type: "text", placeholder: "0 = ham, 1 = spam", autocomplete: "off" });
  const steps = number("500", 1, MOST_STEPS), seed = number("0", 0, LARGEST_SEED);
  const attention = element("select", {}, ...["learned", "uniform"].map((value) => element("option", { value }, value)));
  const begin = element("button", { type: "submit", class: "primary" }, "Train");
  const message = element("p", { class: "quiet-note", role: "status" });
  const refused = element("p", { class: "notice", role: "alert", hidden: true });
  const named = (name, control) => element("label", {}, name, " ", control);
  const form = element("form", { class: "train-form", onsubmit: submit },
    element("p", { class: "quiet-note" }, "A row is a text and its label, with any separator; the first row names the columns. A fifth of the texts is held out."),
    element("div", { class: "controls" }, named("Texts", file)), paste,
    element("details", {}, element("summary", {}, "Columns and labels"),
      element("div", { class: "controls" }, named("Text column", text), named("Label column", label), named("Names of labels", names))),
    element("div", { class: "controls" }, named("Steps", steps), named("Seed", seed), named("Attention", attention), begin),
    message, refused);
  const box = element("details", { class: "card train", ontoggle: () => { if (box.open) list(); } }, element("summary", {}, element("h2", {}, "Train on texts of your own")), form);

  function number(value, min, max) {
    return element("input", { type: "number", value, min, max, step: 1, required: true });
  }

  function show(error) {
    refused.hidden = !error;
    refused.textContent = error ?? "";
  }

  async function list() {
    const before = file.value;
    try {
      const files = await ask("/api/train/files");
      file.replaceChildren(element("option", { value: PASTED }, "pasted rows"), ...files.map(({ name, bytes }) => element("option", { value: name }, `${name} (${Math.ceil(bytes / 1000)} kB)`)));
      file.value = files.some(({ name }) => name === before) ? before : PASTED;
      paste.hidden = file.value !== PASTED;
    } catch (error) {
      show(error.message);
    }
  }

  async function read() {
    const [opened] = chosen.files;
    if (!opened) return;
    // A character takes a byte at least.
    if (opened.size > 4 * MOST_CHARACTERS) return show(`${opened.name} is too large to be sent; put it into the folder of runs, and choose it there.`);
    const content = await opened.text();
    if (content.length > MOST_CHARACTERS || content.includes("\0")) return show(`${opened.name} is too large, or is no text; put it into the folder of runs, and choose it there.`);
    show(null);
    rows.value = content;
  }

  async function submit(event) {
    event.preventDefault();
    if (begin.disabled) return;
    show(null);
    const called = namesOfLabels(names.value);
    if (!called) return show("“Names of labels” gives each label of the rows and what it is called, with commas between them, as in: 0 = ham, 1 = spam");
    begin.disabled = true;
    message.textContent = "Reading the texts…";
    const source = file.value === PASTED ? { rows: rows.value } : { file: file.value };
    try {
      const { run, key } = await post("/api/train", {
        ...source, text: text.value.trim(), label: label.value.trim(), label_names: called, steps: Number(steps.value), seed: Number(seed.value), attention: attention.value,
      });
      keepKey(nameOfRun(run), key);
      announce(`Training ${run}`);
      await listed(run);
      location.hash = link("run", run);
    } catch (error) {
      show(error.message);
    } finally {
      begin.disabled = false;
      message.textContent = "";
    }
  }

  return { element: box };
}

// What labels are called, from `0 = ham, 1 = spam`; null if that is not its form.
function namesOfLabels(given) {
  const pairs = given.split(",").filter((pair) => pair.trim()).map((pair) => pair.split("=").map((part) => part.trim()));
  return pairs.every((pair) => pair.length === 2 && pair.every(Boolean)) ? Object.fromEntries(pairs) : null;
}

// Waits until the lab has noticed a run.
async function listed(run) {
  for (let look = 1; ; look += 1) {
    try {
      return await ask(`/api/run?${new URLSearchParams({ run })}`);
    } catch (error) {
      if (look === LOOKS) throw error;
      await new Promise((resolve) => { setTimeout(resolve, WAIT); });
    }
  }
}
