// Attention at one step as SVG, of a view that need not be on the page.

import { attentionShade } from "../charts/colours.js";
import { element } from "../charts/element.js";
import { makeHeatmap } from "../charts/heatmap.js";
import { alphaShare, shadedSvg } from "../charts/shaded.js";

// Texts beyond this many would be too small to be read.
const TEXTS = 6;

export function attentionFiles() {
  const map = makeHeatmap(element("div"), { name: "α", title: "" });
  return {
    // A matrix; `cells` are in thousandths, `names` those of its rows and columns.
    matrix(cells, names) {
      map.draw({ rows: names, columns: names, values: cells.map((each) => each / 1000), largest: 1 });
      return map.svg();
    },
    // Texts that are shaded by attention.
    texts: (all) => shadedSvg(all.slice(0, TEXTS).map(({ words, alpha, positive }) => ({
      lead: positive ? "keyword" : "no keyword", words, shades: alpha.map((each) => attentionShade(alphaShare(each / 1000, alpha.length))),
    })), "α above uniform attention"),
  };
}
