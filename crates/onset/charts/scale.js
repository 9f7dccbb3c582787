// From numbers to places on a figure, and the marks of an axis.

// Steps grow like log(1 + step) on a logarithmic axis, so that step 0 has a place.
export function stepScale(kind, range, [from, to]) {
  const bend = kind === "log" ? (x) => Math.log10(1 + Math.max(0, x)) : (x) => x;
  const back = kind === "log" ? (u) => 10 ** u - 1 : (u) => u;
  const low = bend(range[0]), high = Math.max(bend(range[1]), low + 1e-9);
  const at = (x) => from + (bend(x) - low) / (high - low) * (to - from);
  at.invert = (place) => back(low + (place - from) / (to - from) * (high - low));
  return at;
}

export function evenScale(range, [from, to]) {
  const span = range[1] - range[0] || 1;
  const at = (y) => from + (y - range[0]) / span * (to - from);
  at.invert = (place) => range[0] + (place - from) / (to - from) * span;
  return at;
}

// From values to heights. On a logarithmic axis, what is not above zero has no place.
export function valueScale(kind, range, ends) {
  if (kind !== "log") return evenScale(range, ends);
  const powers = evenScale(range.map(Math.log10), ends);
  const at = (y) => powers(Math.log10(y));
  at.invert = (place) => 10 ** powers.invert(place);
  return at;
}

export function valueMarks(kind, range, about) {
  if (kind !== "log") return evenMarks(range, about);
  const [low, high] = range.map(Math.log10), marks = [];
  const factors = (high - low) * 3 <= about ? [1, 2, 5] : [1];
  for (let power = Math.floor(low); power <= high; power += 1) marks.push(...factors.map((factor) => factor * 10 ** power));
  const within = marks.filter((mark) => mark >= range[0] * 0.9999 && mark <= range[1] * 1.0001);
  // Within less than a decade, round numbers do as well.
  return within.length > 1 ? within : evenMarks(range, about).filter((mark) => mark > 0);
}

// Round numbers within a range, about so many.
export function evenMarks([low, high], about) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / about, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= rough * 0.999);
  const marks = [];
  for (let mark = Math.ceil(low / step - 1e-9) * step; mark <= high + step * 1e-6; mark += step) {
    marks.push(Math.abs(mark) < step * 1e-6 ? 0 : mark);
  }
  return marks;
}

export function stepMarks(kind, range, about) {
  // There is no half of a step.
  const whole = Number.isInteger(range[0]) && Number.isInteger(range[1]) && range[1] > range[0];
  if (kind !== "log") return evenMarks(range, whole ? Math.min(about, range[1] - range[0]) : about);
  const marks = range[0] <= 0 ? [0] : [];
  const decades = Math.log10((1 + Math.max(0, range[1])) / (1 + Math.max(0, range[0])));
  // Between the powers of ten as well, where there is room.
  const factors = decades * 3 <= about ? [1, 2, 5] : [1];
  for (let power = 1; power <= range[1] * 1.0001; power *= 10) {
    marks.push(...factors.map((factor) => factor * power).filter((mark) => mark >= range[0] && mark <= range[1] * 1.0001));
  }
  return marks;
}

// A number in few characters.
export function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e6) return `${trim(value / 1e6, 1)}M`;
  if (size >= 1e4) return `${trim(value / 1e3, 1)}k`;
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value));
  if (size >= 10) return trim(value, 1);
  if (size >= 0.001 || size === 0) return trim(value, 3);
  return value.toExponential(1);
}

// A share in per cent.
export function share(value) {
  return Number.isFinite(value) ? `${trim(100 * value, 1)} %` : "–";
}

function trim(value, digits) {
  const text = value.toFixed(digits);
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

// The place in an ordered list of the last entry that is at most `x`, or 0.
export function placeOf(list, x) {
  let low = 0, high = list.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (list[middle] <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

// The place of the entry next to `x`.
export function nearest(list, x) {
  const at = placeOf(list, x);
  return at + 1 < list.length && Math.abs(list[at + 1] - x) < Math.abs(list[at] - x) ? at + 1 : at;
}
