"use strict";
// Scores over steps, drawn by uPlot.

function drawCurves(place, data) {
  const style = {
    seed: { stroke: colour("--seed"), width: 1 },
    median: { stroke: colour("--accent"), width: 3 },
    main: { width: 2 },
    reference: { stroke: colour("--reference"), width: 1, dash: [6, 5] },
  };
  const mains = [colour("--accent"), colour("--warm"), colour("--ink"), colour("--seed")];
  // Beside a median, which has the first colour.
  let main = data.lines.some((line) => line.role === "median") ? 1 : 0;
  const series = data.lines.map((line) => ({
    label: line.label,
    stroke: line.role === "main" ? mains[main++ % mains.length] : undefined,
    ...style[line.role],
    points: { show: false },
    spanGaps: true,
    value: (_, value) => (value == null ? "–" : value.toPrecision(3)),
  }));
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--rule"), width: 1 }, ticks: { show: false } };
  const many = data.lines.length > 8;
  const size = () => ({ width: Math.max(260, place.clientWidth), height: 280 });
  const plot = new uPlot({
    ...size(),
    title: data.title,
    // The inverse hyperbolic sine: linear up to about ten, then logarithmic, with a place for step 0.
    scales: { x: data.log_steps ? { time: false, distr: 4, asinh: 10 } : { time: false }, y: data.y_range ? { range: data.y_range } : {} },
    axes: [{ ...axis, label: data.x_label, labelSize: 22 }, { ...axis, label: data.y_label, labelSize: 22, size: 46 }],
    series: [{ label: data.x_label }, ...series],
    cursor: { focus: { prox: 24 } },
    focus: { alpha: many ? 0.35 : 0.6 },
    legend: { show: true, live: !many },
  }, [data.steps, ...data.lines.map((line) => line.values)], place);
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", `${data.y_label} over ${data.x_label}, ${data.title}`);
  // In the next frame, so that the new size does not ask for another one in this.
  new ResizeObserver(() => requestAnimationFrame(() => plot.setSize(size()))).observe(place);
}
