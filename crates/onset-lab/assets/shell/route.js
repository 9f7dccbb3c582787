// The address: everything that a view shows is in the hash, so that a link restores it.
// `#/view/path?key=value&…`

export function parse(hash) {
  const [, view = "", path = "", query = ""] = /^#\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(hash) || [];
  let decoded = path;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // A link that was cut: the run will not be found, and the page says so.
  }
  return { view: view || "runs", path: decoded, query: new URLSearchParams(query) };
}

export function link(view, path, query) {
  const place = path ? `/${path.split("/").map(encodeURIComponent).join("/")}` : "";
  const told = new URLSearchParams(Object.entries(query || {}).filter(([, value]) => value !== null && value !== ""));
  return `#/${view}${place}${told.size ? `?${told}` : ""}`;
}

// Changes some keys of the present query (null takes one out) without a new entry in the history, and without
// telling the view, which has shown it already.
export function remember(changes) {
  const { view, path, query } = parse(location.hash);
  for (const [key, value] of Object.entries(changes)) {
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
