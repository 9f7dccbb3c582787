// The words of the copying task have no meaning; each is shown as one letter or digit.

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567";

export const END = "\u23ce";

export function letter(word) {
  return LETTERS[word] ?? END;
}

export function percent(share, digits = 0) {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : "–";
}

export function number(value, digits = 2) {
  if (!Number.isFinite(value)) return "–";
  // No minus sign before a value that rounds to zero.
  return value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1");
}
