"use strict";
// Matrices of weights as pixels: attention through training, and weight by distance from the diagonal.

// Draws rows of whole numbers from 0 to `full`, light to dark.
function paint(canvas, rows, full) {
  const low = colour("--heat-low").split(",").map(Number);
  const high = colour("--heat-high").split(",").map(Number);
  canvas.width = rows[0].length;
  canvas.height = rows.length;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  rows.flat().forEach((value, at) => {
    // The square root shows small weights, which fill most of a matrix.
    const share = Math.sqrt(Math.min(1, value / full));
    for (let channel = 0; channel < 3; channel++) {
      image.data[4 * at + channel] = low[channel] + (high[channel] - low[channel]) * share;
    }
    image.data[4 * at + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}

// Calls `tell(row, column)` for the cell under the pointer.
function point(canvas, tell) {
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / box.width * canvas.width);
    const row = Math.floor((event.clientY - box.top) / box.height * canvas.height);
    if (row >= 0 && column >= 0 && row < canvas.height && column < canvas.width) tell(row, column);
  });
}

function rowsOf(flat, width) {
  return Array.from({ length: flat.length / width }, (_, row) => flat.slice(row * width, (row + 1) * width));
}

function drawMatrices(place, data) {
  const canvas = element("canvas", { class: "heat", role: "img", style: "width: 30rem" });
  const said = element("p", { class: "said" });
  const readout = element("p", { class: "readout" }, "Point at a cell for its weight.");
  let run = data.runs[0], index = 0;
  const size = () => run.words.length;
  const name = (position) => (position === size() - 1 ? "end" : run.words[position]);
  const draw = (at) => {
    index = at;
    paint(canvas, rowsOf(run.alpha[index], size()), 1000);
    canvas.setAttribute("aria-label", `attention of ${run.name} at step ${run.steps[index]}`);
    said.replaceChildren("says: ", ...run.predicted[index].map((word, position) => {
      const right = word === run.words[position];
      const end = word === run.words[size() - 1];
      return element("span", right ? {} : { class: "wrong", title: `should be ${name(position)}` }, end ? "end" : `${word}`);
    }));
  };
  const scrub = scrubber(draw);
  point(canvas, (row, column) => {
    const weight = run.alpha[index][row * size() + column] / 1000;
    readout.textContent = `saying word ${row + 1} (${name(row)}), looking at word ${column + 1} (${name(column)}): α = ${weight.toFixed(3)}`;
  });
  const pick = choice("Run", data.runs.map((each) => each.name), (chosen) => {
    run = data.runs[chosen];
    scrub.set(run.steps);
  });
  place.append(element("div", { class: "controls" }, pick, ...scrub.parts),
    element("p", { class: "axis" }, "source word →, output word ↓"), canvas, readout, said);
  scrub.set(run.steps);
}

function drawOffsets(place, data) {
  const canvas = element("canvas", { class: "heat", role: "img", style: "width: 44rem; height: 16rem" });
  const readout = element("p", { class: "readout" }, "Point at a cell for its weight.");
  let run = data.runs[0];
  const draw = () => {
    paint(canvas, run.mass, Math.max(1000, ...run.mass.flat()));
    canvas.setAttribute("aria-label", `attention weight of ${run.name} by distance, over training`);
  };
  point(canvas, (row, column) => {
    const weight = run.mass[row][column] / 100;
    readout.textContent = `step ${run.steps[row]}, offset ${run.first_offset + column}: ${weight.toFixed(2)} % of the weight`;
  });
  const pick = choice("Run", data.runs.map((each) => each.name), (chosen) => {
    run = data.runs[chosen];
    draw();
  });
  place.append(element("div", { class: "controls" }, pick),
    element("p", { class: "axis" }, `offset from the right word, ${run.first_offset} to ${-run.first_offset} →, training ↓`),
    canvas, readout);
  draw();
}
