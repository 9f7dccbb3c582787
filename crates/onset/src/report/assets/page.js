// Draws every figure from the data that stands beside it, and again when light turns to dark.

import { drawAlignments } from "./alignments.js";
import { drawCurves } from "./curves.js";
import { drawHeads } from "./heads.js";
import { drawMatrices, drawOffsets, drawShares } from "./heatmaps.js";
import { drawSideBySide } from "./side_by_side.js";
import { drawTexts } from "./texts.js";

const drawings = {
  curves: drawCurves, matrices: drawMatrices, offsets: drawOffsets, texts: drawTexts, sideBySide: drawSideBySide,
  alignments: drawAlignments, heads: drawHeads, shares: drawShares,
};

for (const figure of document.querySelectorAll("figure")) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const place = figure.querySelector(".drawing");
  place.replaceChildren();
  if (data.runs && !data.runs.length) place.append("Nothing has been recorded yet.");
  else drawings[data.kind](place, data);
}

const themeChanged = () => dispatchEvent(new Event("themechange"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", themeChanged);
// Paper is white.
addEventListener("beforeprint", () => {
  document.documentElement.dataset.theme = "light";
  themeChanged();
});
addEventListener("afterprint", () => {
  delete document.documentElement.dataset.theme;
  themeChanged();
});
