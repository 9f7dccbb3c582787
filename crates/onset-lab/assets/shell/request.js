// Requests to the lab.

// The JSON at an address; throws an Error with the lab's message.
export async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The lab does not answer; it may have been stopped. Start it again with `onset lab`.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `The lab answered ${response.status}.`);
  return answer;
}

// POST with a JSON body.
export function post(address, body, options) {
  return ask(address, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}), ...options,
  });
}

// Follows a stream of events while the page can be seen: browsers keep few connections to one server, and a hidden tab
// needs none. `handlers` are functions by event name, called with the parsed data; `state` is called with "open" or
// "lost". Returns a function that ends it.
export function follow(address, handlers, state) {
  let source = null;
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource(address);
    source.onopen = () => state?.("open");
    source.onerror = () => {
      state?.("lost");
      // A browser gives up for good after some errors; this does not.
      if (source?.readyState === EventSource.CLOSED) {
        close();
        setTimeout(() => ended || open(), 3000);
      }
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
    }
  };
  const close = () => {
    source?.close();
    source = null;
  };
  let ended = false;
  const change = () => (document.hidden ? close() : open());
  document.addEventListener("visibilitychange", change);
  open();
  return () => {
    ended = true;
    document.removeEventListener("visibilitychange", change);
    close();
  };
}
