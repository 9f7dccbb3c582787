// What this window follows of the lab, while it can be seen. All of it comes through one connection (`hub.js`), which
// windows share where the browser can.

import { makeHub } from "./hub.js";

// A worker that has not answered after this time, in milliseconds, is done without.
const PATIENCE = 4000;

const followers = new Map();
const observers = new Set();
let state = null, hub = null, port = null;

function deliver(topic, event, data) {
  for (const handlers of [...(followers.get(topic) ?? [])]) handlers[event]?.(data);
}

function report(next) {
  // Nothing is followed while the window is hidden, and nothing is known then.
  if (!next || next === state || document.hidden) return;
  state = next;
  for (const observe of observers) observe(state);
}

function topics() {
  return document.hidden ? [] : ["beat", ...followers.keys()];
}

function tell(afresh) {
  if (port) port.postMessage({ topics: topics(), afresh });
  else hub?.follow(new Set(topics()), afresh);
}

function alone() {
  port = null;
  hub ??= makeHub({ deliver, report });
  tell(true);
}

function connect() {
  if (!globalThis.SharedWorker) return alone();
  let hasAnswered = false;
  try {
    const worker = new SharedWorker("/assets/shell/hub-worker.js", { type: "module", name: "onset-lab" });
    port = worker.port;
    worker.onerror = () => hasAnswered || alone();
    port.onmessage = ({ data }) => {
      hasAnswered = true;
      if (hub) return;
      if (data.topic) deliver(data.topic, data.event, data.data);
      else report(data.state);
    };
  } catch {
    return alone();
  }
  setTimeout(() => hasAnswered || alone(), PATIENCE);
  setInterval(() => port && tell(false), 5000);
  tell(true);
}

document.addEventListener("visibilitychange", () => tell(!document.hidden));
addEventListener("pagehide", () => port?.postMessage({ left: true }));
addEventListener("pageshow", (event) => event.persisted && tell(true));
connect();

// Follows a topic: `handlers` are functions by event name, called with the parsed data. Returns a function that ends it.
export function follow(topic, handlers) {
  if (!followers.has(topic)) followers.set(topic, new Set());
  followers.get(topic).add(handlers);
  tell(true);
  return () => {
    const all = followers.get(topic);
    if (!all?.delete(handlers) || all.size) return;
    followers.delete(topic);
    tell(false);
  };
}

// Calls `observe` with the state of the connection, "open", "lost" or "refused", now and whenever it changes. Returns a
// function that ends it.
export function observeConnection(observe) {
  observers.add(observe);
  if (state) observe(state);
  return () => observers.delete(observe);
}
