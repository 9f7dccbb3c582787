// One connection to the lab for all that is followed. It has no page: it runs in a window, or in a worker that all
// windows of a browser share.
//
// Topics are `runs` (the folder), `trainings` (their list), `session/ID` (one training) and `beat` (nothing more). When
// they change, the connection is opened anew, and everything that is followed arrives anew from its beginning.

// The lab sends a beat every second; after this time without one it is lost, in milliseconds.
const QUIET = 2500;
// Between two attempts to find it again.
const RETRY = 1000;
// Changes that come together are made together.
const SETTLE = 30;

const EVENTS = { runs: ["runs", "failure"], trainings: ["trainings"], session: ["snapshot", "update", "end"], beat: [] };

function addressOf(topics) {
  const query = new URLSearchParams();
  for (const topic of ["runs", "trainings"]) if (topics.has(topic)) query.set(topic, "true");
  const ids = [...topics].filter((topic) => topic.startsWith("session/")).map((topic) => topic.slice("session/".length));
  if (ids.length) query.set("sessions", ids.join("."));
  return `/api/stream?${query}`;
}

// `deliver(topic, event, data)` gets what arrives; `report(state)` gets "open", "lost", or "refused" (a token is asked for).
export function makeHub({ deliver, report }) {
  let topics = new Set(), source = null, last = 0, state = null, timer = null;

  function say(next) {
    if (state === next) return;
    state = next;
    report(next);
  }

  function close() {
    source?.close();
    source = null;
  }

  function openIn(time) {
    clearTimeout(timer);
    timer = setTimeout(open, time);
  }

  function lose() {
    close();
    if (state !== "refused") say("lost");
    openIn(RETRY);
    // An event stream does not say why it failed.
    fetch("/api/lab", { cache: "no-store" }).then((answer) => answer.status === 401 && state !== "open" && say("refused"), () => {});
  }

  function open() {
    close();
    if (!topics.size) return;
    last = Date.now();
    const mine = new EventSource(addressOf(topics));
    source = mine;
    const isCurrent = () => source === mine;
    const hear = (name, handle) => mine.addEventListener(name, (event) => {
      if (!isCurrent()) return;
      last = Date.now();
      say("open");
      handle?.(event);
    });
    mine.onerror = () => isCurrent() && lose();
    hear("beat");
    for (const topic of topics) {
      const [kind, id] = topic.split("/");
      for (const event of EVENTS[kind]) {
        hear(id ? `${event}:${id}` : event, ({ data }) => deliver(topic, event, JSON.parse(data)));
      }
    }
  }

  setInterval(() => {
    if (source && Date.now() - last > QUIET) lose();
  }, 400);

  return {
    // Follows these topics; `afresh` if somebody new follows one of them, who needs it from its beginning.
    follow(next, afresh) {
      const isSame = next.size === topics.size && [...next].every((topic) => topics.has(topic));
      if (isSame && !afresh) return;
      topics = next;
      openIn(SETTLE);
    },
    state: () => state,
  };
}
