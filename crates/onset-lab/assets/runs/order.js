// Which runs are listed, and in which order.

// Settings: runs that differ by nothing but the seed. A run that cannot be read is one of its own.
export function grouped(runs) {
  const groups = new Map();
  for (const run of runs) {
    const key = run.group || `unreadable:${run.id}`;
    if (!groups.has(key)) groups.set(key, { group: key, runs: [] });
    groups.get(key).runs.push(run);
  }
  return [...groups.values()];
}

export function matching(runs, { text, task, status }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter((run) => {
    const searched = `${run.id} ${run.task || ""} ${run.title || ""} ${run.difference || ""} ${statusOf(run)} ${run.error || ""}`.toLowerCase();
    return (!task || run.task === task) && (!status || statusOf(run) === status) && words.every((word) => searched.includes(word));
  });
}

export function statusOf(run) {
  return run.error ? "unreadable" : run.status;
}

export function sorted(runs, { sort, down }) {
  const value = (run) => {
    if (sort === "id") return run.id;
    if (sort === "title") return `${run.title || "~"} ${run.difference || ""}`;
    if (sort === "status") return statusOf(run);
    if (sort === "progress") return run.steps ? run.steps_done / run.steps : null;
    if (sort === "seed" || sort === "began" || sort === "seconds" || sort === "task") return run[sort];
    return run.scores?.[sort];
  };
  // What has no value comes last, in either direction.
  return [...runs].sort((a, b) => {
    const [first, second] = [value(a), value(b)];
    const [none, other] = [first ?? null, second ?? null].map((each) => each === null);
    if (none || other) return none - other || compare(a.id, b.id);
    return (down ? -1 : 1) * compare(first, second) || compare(a.id, b.id);
  });
}

function compare(a, b) {
  return typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
}

export function median(values) {
  const all = values.filter((value) => value !== undefined && value !== null).sort((a, b) => a - b);
  if (!all.length) return null;
  const middle = all.length >> 1;
  return all.length % 2 ? all[middle] : (all[middle - 1] + all[middle]) / 2;
}
