"use strict";
// Draws every figure from the data that stands beside it, and again when light turns to dark.

const drawings = {
  curves: drawCurves, matrices: drawMatrices, offsets: drawOffsets, texts: drawTexts, sideBySide: drawSideBySide,
  alignments: drawAlignments,
};

function drawAll() {
  for (const figure of document.querySelectorAll("figure")) {
    const data = JSON.parse(figure.querySelector("script").textContent);
    const place = figure.querySelector(".drawing");
    place.replaceChildren();
    if (data.runs && !data.runs.length) place.append("Nothing has been recorded yet.");
    else drawings[data.kind](place, data);
  }
}

drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
