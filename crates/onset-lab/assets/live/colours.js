// A scale from 0 to 1 that is read by its lightness: dark blue over grey to yellow, which all kinds of colour vision
// tell apart, in print as well.

const anchors = [[8, 22, 66], [33, 62, 108], [92, 104, 119], [160, 151, 112], [219, 199, 82], [255, 240, 138]];

const table = Array.from({ length: 256 }, (_, index) => {
  const place = (index / 255) * (anchors.length - 1);
  const first = Math.min(Math.floor(place), anchors.length - 2);
  return anchors[first].map((from, channel) =>
    Math.round(from + (anchors[first + 1][channel] - from) * (place - first)));
});

// [red, green, blue] of a share of 1.
export function shade(share) {
  return table[Math.max(0, Math.min(255, Math.round(share * 255)))];
}

export function css(share) {
  return `rgb(${shade(share).join(" ")})`;
}

// Black or white, whichever is read on that shade.
export function ink(share) {
  return share > 0.45 ? "#0b1020" : "#ffffff";
}
