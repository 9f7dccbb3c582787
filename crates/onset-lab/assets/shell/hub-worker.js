// The connection that all windows of a browser share: a browser opens at most six to a server. Where there are no shared
// workers, each window has its own (`stream.js`).

import { makeHub } from "./hub.js";

// A window says every five seconds what it follows; one that was closed without a word is forgotten after this time.
const FORGET = 20000;

const windows = new Map();

const hub = makeHub({
  deliver(topic, event, data) {
    for (const [port, { topics }] of windows) if (topics.includes(topic)) port.postMessage({ topic, event, data });
  },
  report(state) {
    for (const port of windows.keys()) port.postMessage({ state });
  },
});

function gather(afresh) {
  hub.follow(new Set([...windows.values()].flatMap(({ topics }) => topics)), afresh);
}

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data: { topics, afresh, left } }) => {
    if (left) windows.delete(port);
    else windows.set(port, { topics, seen: Date.now() });
    gather(Boolean(afresh));
    port.postMessage({ state: hub.state() });
  };
};

setInterval(() => {
  for (const [port, { seen }] of windows) if (Date.now() - seen > FORGET) windows.delete(port);
  gather(false);
}, 5000);
