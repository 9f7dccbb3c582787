// Colours of the style sheet, and what to do when they change.

// The value of a colour variable of the style sheet.
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Calls `act` when the theme changes, for as long as an element is on the page.
export function onTheme(element, act) {
  addEventListener("themechange", function change() {
    if (element.isConnected) act();
    else removeEventListener("themechange", change);
  });
}
