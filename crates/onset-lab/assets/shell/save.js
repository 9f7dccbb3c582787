// Saving a figure, and copying the link that restores it.

import * as files from "../charts/save.js";
import { flush } from "./route.js";

export function saveMenu(options) {
  return files.saveMenu({ ...options, more: [["Copy link", copyLink]] });
}

async function copyLink() {
  if (!navigator.clipboard) throw new Error("this browser copies only on secure pages; copy the address from the address bar");
  flush();
  await navigator.clipboard.writeText(location.href);
}
