// Against what curves are drawn: steps, examples, or time. Only steps are recorded at every point; the other two are steps times what is
// recorded of a run, the size of its batches and its mean seconds a step.

export const AXES = [["steps", "steps"], ["examples", "examples"], ["time", "time"]];

// From so many seconds on, in units of so many.
const UNITS = [[7200, 3600, "hours"], [180, 60, "minutes"], [0, 1, "seconds"]];

function perStep(axis, group) {
  return { steps: 1, examples: group.batch ?? null, time: group.step_seconds ?? null }[axis];
}

// The axis for these groups: `label`, and `of(group)`, which turns the group's steps into places, or is null where it is not recorded. A
// logarithmic axis is one of seconds, as it would be bent little by hours.
export function axisOf(axis, groups, scale) {
  const longest = Math.max(0, ...groups.map((group) => (group.spread.steps.at(-1) ?? 0) * (perStep(axis, group) ?? 0)));
  const [, size, unit] = scale === "log" ? UNITS.at(-1) : UNITS.find(([from]) => longest >= from);
  const divisor = axis === "time" ? size : 1;
  return {
    label: { steps: "step", examples: "examples", time: `${unit} of training, at the mean speed of a run` }[axis],
    of(group) {
      const factor = perStep(axis, group);
      return factor === null ? null : (steps) => (factor === divisor ? steps : steps.map((step) => step * factor / divisor));
    },
  };
}
