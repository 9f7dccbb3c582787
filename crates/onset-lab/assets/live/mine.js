// Which trainings this browser may change, and which one this window started.
//
// A key permits to change a training. Keys are kept for all windows of the browser; the training that a window started
// is kept for that window, so that it is found again after a reload and after another view.

const KEYS = "onset-keys", OWN = "onset-training";
// More than a lab has trainings.
const MOST_KEYS = 40;

function read(storage, name, otherwise) {
  try {
    return JSON.parse(storage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function write(storage, name, value) {
  try {
    storage.setItem(name, JSON.stringify(value));
  } catch {
    // A browser may forbid it: then a reload forgets the training.
  }
}

// The key of a training; null if it can only be watched.
export function keyOf(id) {
  return read(localStorage, KEYS, []).find(([known]) => known === id)?.[1] ?? null;
}

// What the key of a run that was begun from a page is kept under.
export const nameOfRun = (run) => `run/${run}`;

export function keepKey(id, key) {
  const others = read(localStorage, KEYS, []).filter(([known]) => known !== id);
  write(localStorage, KEYS, [...others, [id, key]].slice(-MOST_KEYS));
}

// The training that this window started, with its setup; null if there is none.
export function own() {
  return read(sessionStorage, OWN, null);
}

export function keepOwn(id, setup) {
  write(sessionStorage, OWN, { id, setup });
}

// A training has ended.
export function forget(id) {
  write(localStorage, KEYS, read(localStorage, KEYS, []).filter(([known]) => known !== id));
  if (own()?.id === id) sessionStorage.removeItem(OWN);
}

// Whether a training that is shown with `setup` is the one that this window started.
export function isOwn(id, setup) {
  const mine = own();
  return mine?.id === id && Object.entries(mine.setup).every(([name, value]) => JSON.stringify(value) === JSON.stringify(setup[name] ?? value));
}

// The training that an address leads to: the one that a link names, or the one that this window started, if the address
// asks for no other setup. `{ id, isOwn }`; null if there is none. The key of a link is kept, and taken out of the
// address, so that the address is a link to watch.
export function trainingOf(query, setup, remember) {
  const linked = query.get("session"), key = query.get("key");
  if (linked && key) keepKey(linked, key);
  if (key) remember({ key: null });
  const mine = own();
  if (linked) return { id: linked, isOwn: mine?.id === linked };
  if (!mine) return null;
  const asks = [...query.keys()].some((name) => name === "preset" || name in setup || name === "plan");
  const isSame = Object.entries(setup).every(([name, value]) => JSON.stringify(value) === JSON.stringify(mine.setup[name] ?? value));
  return !asks || isSame ? { id: mine.id, isOwn: true } : null;
}
