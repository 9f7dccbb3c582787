// Saving a figure, and copying the link that restores it.

import * as files from "../charts/save.js";
import { flush } from "./route.js";

// A page that was saved has no address to share.
const isSaved = !location.protocol.startsWith("http");

// `more` are further entries, [text, what to do].
export function saveMenu({ more = [], ...options }) {
  return files.saveMenu({ ...options, more: [...more, ...(isSaved ? [] : [["Copy link", copyLink]])] });
}

async function copyLink() {
  if (!navigator.clipboard) throw new Error("this browser copies only on secure pages; copy the address from the address bar");
  flush();
  await navigator.clipboard.writeText(location.href);
}
