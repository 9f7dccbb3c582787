// Smoothing of curves: the mean over neighbouring points.

export const WIDTHS = [["1", "no"], ["3", "3 points"], ["7", "7 points"], ["15", "15 points"]];

// The mean of each point and its neighbours, `width` in all, of those that have a value; where there is none there is none.
export function smoothed(values, width) {
  if (!values || width <= 1) return values;
  const reach = (width - 1) / 2;
  return values.map((value, at) => {
    if (value === null) return null;
    // As many on either side, so that the ends are not pulled inwards.
    const side = Math.min(reach, at, values.length - 1 - at);
    const near = values.slice(at - side, at + side + 1).filter((each) => each !== null);
    return near.reduce((sum, each) => sum + each, 0) / near.length;
  });
}
