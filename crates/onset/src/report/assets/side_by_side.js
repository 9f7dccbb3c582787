"use strict";
// Held-out texts, each under several probes, one row a probe.

function drawSideBySide(place, data) {
  const list = element("div");
  const readout = element("p", { class: "readout", "aria-live": "polite" });
  const isRight = (example) => example.predicted === data.labels[example.label];
  const filters = ["all texts", "wrong", ...data.labels.map((label) => `label ${label}`)];
  const isShown = (example, filter) =>
    filter === 0 || (filter === 1 ? !isRight(example) : example.label === filter - 2);
  const unit = (probe) => (probe === 0 ? 10000 : 100);
  const shade = (values, at, probe) => {
    const largest = Math.max(probe === 0 ? 1 : 2, ...values.map(Math.abs));
    const hue = colour(values[at] >= 0 ? "--support" : "--oppose");
    return `rgba(${hue}, ${((0.75 * Math.abs(values[at])) / largest).toFixed(3)})`;
  };
  const row = (example, probe) => {
    const values = example.values[probe];
    const words = example.words.flatMap((text, at) => {
      const told = `${text}: ${data.probes[probe]} = ${(values[at] / unit(probe)).toFixed(probe === 0 ? 3 : 2)}`;
      return [element("span", {
        class: "word", title: told, style: `background: ${shade(values, at, probe)}`,
        onpointerenter: () => { readout.textContent = told; },
      }, text), " "];
    });
    return element("div", { class: "probe" }, element("span", { class: "verdict" }, data.probes[probe]),
      element("span", {}, ...words));
  };
  const draw = (filter) => {
    const shown = data.examples.filter((example) => isShown(example, filter));
    list.replaceChildren(...shown.map((example) => {
      const [label, right] = [data.labels[example.label], isRight(example)];
      return element("div", { class: "text" },
        element("div", { class: right ? "verdict" : "verdict wrong" },
          `${label}${right ? "" : ` (predicted ${example.predicted})`}`),
        ...data.probes.map((_, probe) => row(example, probe)));
    }));
    if (!shown.length) list.append(element("p", { class: "text" }, "None of the texts shown."));
  };
  place.append(element("div", { class: "controls" }, choice("Show", filters, draw)), readout, list);
  draw(0);
}
