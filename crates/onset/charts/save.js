// Saving a figure as SVG, PNG or CSV.

import { element } from "./element.js";

// A menu of buttons. `svg` and `csv` are functions that give the file's text; either may be left out. `name` is that of the
// file, or a function that gives it. `more` are further entries, [text, what to do], which may say in a
// word how far it is; without anything to do, an entry cannot be chosen.
export function saveMenu({ name, svg, csv, announce, more = [] }) {
  const named = (ending) => `${typeof name === "function" ? name() : name}.${ending}`;
  const menu = element("details", { class: "save" });
  const entry = (text, act) => element("button", {
    type: "button", disabled: !act,
    onclick: async () => {
      try {
        await act(report);
        report(text === "Copy link" ? "Copied" : "Saved");
        announce?.(`${text}: done`);
      } catch (error) {
        report("Failed");
        announce?.(`${text} failed: ${error.message}`);
      }
      menu.open = false;
    },
  }, text);
  // Seen for a moment where the menu was.
  let timer = null;
  const report = (text) => {
    summary.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => { summary.textContent = "Save"; }, 2500);
  };
  const summary = element("summary", { "aria-label": typeof name === "function" ? "Save" : `Save ${name}` }, "Save");
  menu.append(
    summary, element("div", { class: "save-menu" },
      svg && entry("SVG", () => download(named("svg"), new Blob([svg()], { type: "image/svg+xml" }))),
      svg && entry("PNG", async () => download(named("png"), await png(svg()))),
      csv && entry("CSV", () => download(named("csv"), new Blob([csv()], { type: "text/csv" }))),
      ...more.map(([text, act]) => entry(text, act))));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    summary.focus();
  });
  document.addEventListener("pointerdown", function close(event) {
    if (!menu.isConnected) document.removeEventListener("pointerdown", close);
    else if (!menu.contains(event.target)) menu.open = false;
  });
  return menu;
}

export function download(name, blob) {
  const address = URL.createObjectURL(blob);
  const link = element("a", { href: address, download: name.replace(/[^\w.-]+/g, "-") });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

// A drawing as an image that can be drawn on a canvas.
export async function pictureOf(text) {
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    await new Promise((done, failed) => {
      image.onload = done;
      image.onerror = () => failed(new Error("the drawing cannot be rendered as pixels"));
      image.src = address;
    });
    return image;
  } finally {
    URL.revokeObjectURL(address);
  }
}

// A drawing as pixels, twice as many each way.
async function png(text) {
  const image = await pictureOf(text);
  const canvas = element("canvas", { width: image.naturalWidth * 2, height: image.naturalHeight * 2 });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
