// The events of a training, judged by its points: at which step words were known, attention found them, and so on.

// The step from which on all conditions of an event hold until the last point; null if it has not happened.
export function stepOf({ conditions }, points) {
  const holds = (point) => conditions.every(({ quantity, at_least, at_most }) => {
    const value = point[quantity];
    return Number.isFinite(value) && (at_least === undefined || value >= at_least) && (at_most === undefined || value <= at_most);
  });
  let step = null;
  for (let at = points.length - 1; at >= 0 && holds(points[at]); at -= 1) step = points[at].step;
  return step;
}

// What has happened, in order: [{ key, mark, caption, step }].
export function happened(events, points) {
  return (events ?? []).map((event) => ({ ...event, step: stepOf(event, points) })).filter(({ step }) => step !== null)
    .sort((a, b) => a.step - b.step);
}
