// Making elements.

// Makes an element: attributes that begin with "on" are listeners, `style` is an object (the page's policy forbids
// styles in attributes), null and false leave an attribute out. Children are nodes, texts, or null.
export function element(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// The same for drawings.
export function drawn(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "style") Object.entries(value).forEach(([key, each]) => made.style.setProperty(key, each));
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// A labelled choice; `options` are [value, text] pairs.
export function choice(text, options, value, choose) {
  const select = element("select", { onchange: () => choose(select.value) },
    ...options.map(([key, name]) => element("option", { value: key, selected: key === value }, name)));
  return element("label", {}, text, " ", select);
}

// A button that is on or off.
export function toggle(text, on, change, attributes) {
  const button = element("button", {
    type: "button", class: "toggle", "aria-pressed": String(on), ...attributes,
    onclick: () => {
      const next = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(next));
      change(next);
    },
  }, text);
  return button;
}
