// What the page must know of the lab before it shows anything: `guest`, whether it may show one training alone, and
// `addresses` under which other machines reach the lab.

import { ask } from "./request.js";

export const facts = ask("/api/lab").catch(() => ({ guest: false, addresses: [] }));

// A guest has a link to one training, and neither runs nor a list.
export async function showForGuests(views) {
  const { guest } = await facts;
  document.documentElement.dataset.access = guest ? "guest" : "full";
  if (!guest) return;
  for (const each of views.querySelectorAll("a:not([data-view=lab])")) each.hidden = true;
  if (!location.hash.startsWith("#/lab")) location.hash = "#/lab";
}
