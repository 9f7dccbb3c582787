// The address: everything that a view shows is in the hash, so that a link restores it.
// `#/view/path?key=value&…`

export function parse(hash) {
  const [, view = "", path = "", query = ""] = /^#\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(hash) || [];
  let decoded = path;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // A link that was cut: the run will not be found, and the page reports it.
  }
  return { view, path: decoded, query: new URLSearchParams(query) };
}

export function link(view, path, query) {
  const place = path ? `/${path.split("/").map(encodeURIComponent).join("/")}` : "";
  const parameters = new URLSearchParams(Object.entries(query || {}).filter(([, value]) => value !== null && value !== ""));
  return `#/${view}${place}${parameters.size ? `?${parameters}` : ""}`;
}

// Browsers refuse an address that changes more often than a few times a second.
const PAUSE = 250;
let pending = null, timer = null;

// Changes some keys of the present query (null takes one out) without a new entry in the history, and without
// notifying the view, which shows it already. The address follows a moment later.
export function remember(changes) {
  const { view, path } = parse(location.hash);
  if (pending && (pending.view !== view || pending.path !== path)) pending = null;
  pending = { view, path, changes: { ...pending?.changes, ...changes } };
  clearTimeout(timer);
  timer = setTimeout(flush, PAUSE);
}

// Brings the address up to date at once.
export function flush() {
  clearTimeout(timer);
  const { view, path, query } = parse(location.hash);
  const written = pending;
  pending = null;
  // The view has changed in the meantime.
  if (!written || written.view !== view || written.path !== path) return;
  for (const [key, value] of Object.entries(written.changes)) {
    if (value === null || value === undefined || value === "") query.delete(key);
    else query.set(key, value);
  }
  const next = link(view, path, Object.fromEntries(query));
  if (next !== location.hash) history.replaceState(null, "", next);
}

export function listen(show) {
  addEventListener("hashchange", () => show(parse(location.hash)));
  show(parse(location.hash));
}
