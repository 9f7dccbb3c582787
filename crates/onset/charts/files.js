// What is saved of a figure: CSV, and an SVG that stands alone.

import { drawn } from "./element.js";
import { plain } from "./symbols.js";

const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size", "font-family", "font-weight"];

// Rows of values as CSV.
export function csvOf(rows) {
  return rows.map((row) => row.map(field).join(",")).join("\n") + "\n";
}

export function csvOfLines(lines, [x, y] = ["step", "value"]) {
  const rows = [["line", x, y, "low", "high"]];
  for (const line of lines) {
    line.x.forEach((step, at) => rows.push([line.name, step, line.y[at], line.low?.[at], line.high?.[at]]));
  }
  return csvOf(rows);
}

function field(value) {
  if (value === null || value === undefined) return "";
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text;
}

// A drawing of the page as a file: the rules of the style sheet are written into a copy.
export function standAlone(svg, name) {
  const copy = svg.cloneNode(true);
  const originals = [svg, ...svg.querySelectorAll("*")], copies = [copy, ...copy.querySelectorAll("*")];
  originals.forEach((original, at) => {
    const computed = getComputedStyle(original);
    for (const style of STYLES) copies[at].setAttribute(style, computed.getPropertyValue(style));
    copies[at].removeAttribute("class");
  });
  const [, , width, height] = svg.getAttribute("viewBox").split(" ");
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const ground = getComputedStyle(document.documentElement).getPropertyValue("--panel").trim();
  copy.prepend(drawn("title", {}, plain(name)), drawn("rect", { width: "100%", height: "100%", fill: ground }));
  return new XMLSerializer().serializeToString(copy);
}
