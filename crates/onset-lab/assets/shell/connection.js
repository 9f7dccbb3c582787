// Says in every view that the lab is gone, until it is back.

import { element } from "../charts/element.js";
import { observeConnection } from "./stream.js";

const MESSAGES = {
  lost: "The lab does not answer. The page shows its last state, and goes on by itself when the lab is back. If it was stopped, start it again with `onset lab`.",
  refused: "The lab was started anew and asks for its token. Reload the page to give it.",
};

export function startConnection(header) {
  const style = element("link", { rel: "stylesheet", href: "/assets/shell/connection.css" });
  document.head.append(style);
  const line = element("p", { class: "connection", role: "alert", hidden: true });
  header.after(line);
  observeConnection((state) => {
    document.documentElement.dataset.connection = state;
    line.hidden = state === "open";
    if (MESSAGES[state]) line.textContent = MESSAGES[state];
  });
}
