// Light, dark, or as the system is.

import { element } from "../charts/element.js";

const KEY = "onset-theme";
const names = { system: ["◐", "System"], light: ["☀", "Light"], dark: ["☾", "Dark"] };
const order = Object.keys(names);

// A browser may refuse to keep anything, as for a page in a frame.
function kept(write) {
  try {
    if (write) localStorage.setItem(KEY, write);
    return localStorage.getItem(KEY);
  } catch {
    return write;
  }
}

export function startTheme(button) {
  let theme = kept();
  if (!order.includes(theme)) theme = "system";
  const apply = () => {
    if (theme === "system") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.dataset.theme = theme;
    const [sign, name] = names[theme];
    button.replaceChildren(element("span", { "aria-hidden": "true" }, sign), element("span", { class: "wide" }, ` ${name}`));
    button.setAttribute("aria-label", `Theme: ${name}`);
    dispatchEvent(new Event("themechange"));
  };
  button.addEventListener("click", () => {
    theme = order[(order.indexOf(theme) + 1) % order.length];
    kept(theme);
    apply();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("themechange")));
  apply();
}
