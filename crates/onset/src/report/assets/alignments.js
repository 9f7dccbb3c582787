"use strict";
// Sentence pairs under several probes, each a matrix of target by source words, scrubbed through training.

function drawAlignments(place, data) {
  const panels = element("div", { class: "alignments" });
  const readout = element("p", { class: "readout", "aria-live": "polite" }, "Point at a cell for its number.");
  let run = data.runs[0], sentence = 0, index = 0;
  const number = (probe, value) => (probe.name === "Δ" ? (value / 100).toFixed(2) : (value / 1000).toFixed(3));
  const shade = (probe, value, largest) => {
    const hue = colour(value >= 0 ? "--support" : "--oppose");
    return `background: rgba(${hue}, ${Math.sqrt(Math.min(1, Math.abs(value) / largest)).toFixed(3)})`;
  };
  const matrix = (probe, pair, values) => {
    const largest = probe.name === "Δ" ? Math.max(1, ...values.map(Math.abs)) : 1000;
    const width = pair.source.length;
    const cell = (row, column) => {
      const value = values[row * width + column];
      const told = `${probe.name}: saying ${pair.target[row]}, ${pair.source[column]}: ${number(probe, value)}`;
      return element("td", {
        style: shade(probe, value, largest), title: told,
        onpointerenter: () => { readout.textContent = told; },
      });
    };
    const head = element("tr", {}, element("td"),
      ...pair.source.map((word) => element("th", { scope: "col" }, element("span", {}, word))));
    const rows = pair.target.map((word, row) => {
      const said = pair.predicted[index][row];
      const right = said === word;
      const label = element("th", { scope: "row", class: right ? "" : "wrong", title: `says ${said}` }, word);
      return element("tr", {}, label, ...pair.source.map((_, column) => cell(row, column)));
    });
    return element("table", { class: "alignment" }, element("caption", {}, probe.title), head, ...rows);
  };
  const draw = () => {
    const pair = run.pairs[sentence];
    const shown = data.probes.filter((probe) => pair[probe.key][index].length);
    panels.replaceChildren(...shown.map((probe) => matrix(probe, pair, pair[probe.key][index])));
  };
  const scrub = scrubber((at) => { index = at; draw(); });
  const pickRun = choice("Run", data.runs.map((each) => each.name), (chosen) => {
    run = data.runs[chosen];
    scrub.set(run.steps);
  });
  const names = run.pairs.map((pair) => pair.text);
  const pickPair = choice("Sentence", names, (chosen) => { sentence = chosen; draw(); });
  place.append(element("div", { class: "controls" }, pickRun, pickPair, ...scrub.parts), readout, panels);
  scrub.set(run.steps);
}
