// The names of lines beside their ends, so that no legend must be looked up.

import { drawn } from "./element.js";
import { measure } from "./painter.js";
import { placeOf } from "./scale.js";
import { plain, typesetDrawn } from "./symbols.js";

// Sizes in pixels at the usual size of text. With more lines, a legend is clearer.
const NAME_SIZE = 11.5, NAME_ROW = 14, LEADER = 14, MOST_NAMED = 8;
// Where the curves would have less than this, names stand over them, if they are shorter than this share of the curves.
const CURVE_ROOM = 160, LONGEST_SHARE = 0.6;

const namedLines = (lines) => lines.filter((line) => !line.faint && line.x.length);

// The room that names take on the right of curves of this width; 0 if they stand over the curves, null if there are none.
export function roomForNames(lines, width, large) {
  const all = namedLines(lines);
  if (all.length < 2 || all.length > MOST_NAMED) return null;
  const longest = Math.max(...all.map((line) => measure(plain(line.name), NAME_SIZE * large)));
  const room = (LEADER + 4) * large + longest;
  if (width - room >= CURVE_ROOM * large) return room;
  return longest < LONGEST_SHARE * width ? 0 : null;
}

// The names, each beside or over the last point that is seen, moved apart where they would lie on each other. `last` is the end of the axis.
export function namesAtEnds(lines, { x, y, box, last, room }, large) {
  const lift = room ? 0 : 8 * large, row = NAME_ROW * large;
  const names = namedLines(lines).map((line) => {
    let at = placeOf(line.x, last);
    while (at > 0 && (line.y[at] ?? null) === null) at -= 1;
    if ((line.y[at] ?? null) === null) return null;
    const height = y(line.y[at]);
    return { line, from: [Math.min(box.right, x(line.x[at])), height], height: height - lift };
  }).filter(Boolean).sort((a, b) => a.height - b.height);
  names.forEach((name, at) => { name.height = Math.max(name.height, at ? names[at - 1].height + row : box.top); });
  // What has been moved below the axis comes up again.
  let floor = box.bottom - lift;
  for (const name of [...names].reverse()) {
    name.height = Math.min(name.height, floor);
    floor = name.height - row;
  }
  const write = (name, attributes, ...children) => drawn("text", { "data-end": name, ...attributes }, ...children);
  return names.flatMap(({ line, from, height }) => {
    const written = typesetDrawn(line.name, NAME_SIZE * large), base = height + 0.35 * NAME_SIZE * large;
    if (!room) {
      const left = box.right - 9 * large - measure(plain(line.name), NAME_SIZE * large);
      return [drawn("circle", { cx: left, cy: height, r: 3 * large, fill: line.colour }),
        write(line.name, { class: "end-name over", x: box.right - 4, y: base, "text-anchor": "end" }, written)];
    }
    return [drawn("path", { class: "leader", d: `M${from[0] + 4} ${from[1]}L${box.right + LEADER * large} ${height}`, stroke: line.colour, fill: "none", "stroke-width": 1.5 }),
      write(line.name, { class: "end-name", x: box.right + (LEADER + 4) * large, y: base }, written)];
  });
}
