// The logit gap a against the score gap w: the two numbers of the theory, measured and predicted.

import { element } from "../charts/element.js";
import { colour } from "../charts/colours.js";
import { canvas } from "./canvas.js";
import { number } from "./words.js";

const LEFT = 42, RIGHT = 16, TOP = 10, BOTTOM = 32;

export function plane() {
  let data = { points: [], theory: [], ghost: [] };
  const label = "Logit gap a against score gap w.";
  const picture = canvas({ class: "live-plane", role: "img", "aria-label": label, "data-plane": "" }, draw);

  function draw(context, width, height) {
    const all = [...data.points, ...data.theory, ...data.ghost].filter((point) => Number.isFinite(point.logit_gap));
    const range = (key) => {
      const values = all.map((point) => point[key]);
      return [Math.min(0, ...values), Math.max(0.5, ...values)];
    };
    const [[left, right], [low, high]] = [range("score_gap"), range("logit_gap")];
    const x = (value) => LEFT + ((value - left) / (right - left)) * (width - LEFT - RIGHT);
    const y = (value) => height - BOTTOM - ((value - low) / (high - low)) * (height - TOP - BOTTOM);
    context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    context.strokeStyle = colour("--rule");
    context.lineWidth = 1;
    path(context, [[x(0), TOP], [x(0), height - BOTTOM]]);
    path(context, [[LEFT, y(0)], [width - RIGHT, y(0)]]);
    context.fillStyle = colour("--quiet");
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of apart([low, 0, high], y, 18)) context.fillText(number(value, 1), LEFT - 6, y(value));
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const value of apart([left, 0, right], x, 36)) context.fillText(number(value, 1), x(value), height - BOTTOM + 4);
    context.fillText("score gap w", (LEFT + width - RIGHT) / 2, height - 15);
    context.save();
    context.translate(4, (TOP + height - BOTTOM) / 2);
    context.rotate(-Math.PI / 2);
    context.fillText("logit gap a", 0, 0);
    context.restore();
    // While attention is not computed from scores there is no a, and the line is interrupted.
    const of = (points) => points.map((point) => Number.isFinite(point.logit_gap) && Number.isFinite(point.score_gap)
      ? [x(point.score_gap), y(point.logit_gap)] : null);
    context.lineJoin = "round";
    context.strokeStyle = colour("--line-3");
    context.lineWidth = 1.25;
    context.globalAlpha = 0.4;
    path(context, of(data.ghost));
    context.globalAlpha = 1;
    context.setLineDash([7, 5]);
    context.lineWidth = 2;
    path(context, of(data.theory));
    context.setLineDash([]);
    context.lineWidth = 2.5;
    const measured = of(data.points);
    path(context, measured);
    if (measured.at(-1)) {
      context.fillStyle = colour("--line-3");
      context.beginPath();
      context.arc(...measured.at(-1), 4, 0, 7);
      context.fill();
    }
  }

  return {
    node: element("div", {}, picture.canvas),
    show(next) {
      data = next;
      const last = data.points.at(-1);
      picture.canvas.setAttribute("aria-label", last
        ? `${label} At step ${last.step}: w ${number(last.score_gap)}, a ${number(last.logit_gap ?? NaN)}.` : label);
      picture.redraw();
    },
    leave: picture.leave,
  };
}

// The values that leave room between them; 0 gives way.
function apart(values, place, room) {
  const [low, , high] = values;
  return [...new Set(values)].filter((value) => value !== 0 || [low, high].every((end) => end === 0 || Math.abs(place(end) - place(0)) > room));
}

function path(context, points) {
  if (points.length < 2) return;
  context.beginPath();
  points.forEach((point, index) => {
    if (!point) return;
    if (points[index - 1]) context.lineTo(...point);
    else context.moveTo(...point);
  });
  context.stroke();
}
