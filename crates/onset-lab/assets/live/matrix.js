// A matrix of shares of one sequence or of all words; its cells are read in words.

import { element } from "../charts/element.js";
import { heatScale, makeHeatmap } from "../charts/heatmap.js";
import { saveMenu } from "../shell/save.js";
import { redrawer } from "./redraw.js";

// `describe(row, column, value)` gives a cell in words; `fields` are the names of the file's columns.
export function matrix({ key, name, title, label, rowsName, columnsName, describe, fields, announce }) {
  const node = element("div", { "data-matrix": key });
  const readout = element("p", { class: "live-readout" });
  const resting = `Rows: ${rowsName}. Columns: ${columnsName}.`;
  let drawing = null;
  let cell = null;
  const read = () => {
    const text = cell ? describe(cell.row, cell.column, drawing.values[cell.row * drawing.columns.length + cell.column]) : resting;
    if (readout.textContent !== text) readout.textContent = text;
  };
  const map = makeHeatmap(node, {
    name, title, fields, rowsName, columnsName,
    onPoint: (pointed) => {
      cell = pointed;
      read();
      // By keys, each cell is read out; its value goes on changing silently.
      if (node.contains(document.activeElement)) announce(readout.textContent);
    },
    onLeave: () => {
      cell = null;
      read();
    },
  });
  const save = saveMenu({ name: `lab-${key}`, svg: map.svg, csv: map.csv, announce });
  node.append(readout, heatScale());
  read();
  const draw = redrawer(node, () => {
    map.draw(drawing);
    read();
  });
  // The same words as before are the same list: the heatmap then keeps its layout and the cell that is read.
  const kept = (before, words) => (before?.length === words.length && before.every((word, at) => word === words[at]) ? before : words);
  return {
    node,
    save,
    // `cells` are in thousandths.
    show({ cells, rows, columns }, summary) {
      rows = kept(drawing?.rows, rows);
      columns = kept(drawing?.columns, columns);
      drawing = { rows, columns, values: cells.map((each) => each / 1000), largest: 1, described: `${label} ${summary}` };
      draw();
    },
  };
}
