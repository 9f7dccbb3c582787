// Checkpoints that are left out because their records cannot be read.

// A sentence about them; empty if there are none. `list` has `step` and `error` of each.
export function leftOut(list) {
  if (!list?.length) return "";
  const [first] = list, more = list.length - 1;
  const others = more ? ` (and ${more} more: steps ${list.slice(1, 6).map(({ step }) => step).join(", ")}${more > 5 ? ", …" : ""})` : "";
  return `Step ${first.step} is left out${others}: ${first.error}.`;
}
