// Colours of the style sheet, and what to do when they change.

// The value of a colour variable of the style sheet.
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// The ground of a word that has attention: the colour of a matrix, as strong as text on it can be read. `share` is from 0 to 1.
export function attentionShade(share) {
  return `rgba(${colour("--heat-high")}, ${(Number(colour("--heat-words")) * Math.sqrt(Math.min(1, share || 0))).toFixed(3)})`;
}

// Calls `act` when the theme changes, for as long as an element is on the page.
export function onTheme(element, act) {
  addEventListener("themechange", function change() {
    if (element.isConnected) act();
    else removeEventListener("themechange", change);
  });
}
