// Two ways to carry out the same drawing: on a canvas, which is fast, and as SVG, which can be saved.
// Both know `rect(x, y, width, height, colour)` and `text(x, y, text, { colour, size, anchor, turn, struck, bold })`.

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

export function canvasPainter(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.setProperty("width", `${width}px`);
    canvas.style.setProperty("height", `${height}px`);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return {
    rect(x, y, w, h, colour) {
      context.fillStyle = colour;
      context.fillRect(x, y, w, h);
    },
    text(x, y, text, { colour, size = 12, anchor = "start", turn = 0, struck = false, bold = false }) {
      context.save();
      context.translate(x, y);
      if (turn) context.rotate(turn * Math.PI / 180);
      context.font = `${bold ? "600 " : ""}${size}px ${FONT}`;
      context.fillStyle = colour;
      context.textAlign = anchor;
      context.fillText(text, 0, 0);
      if (struck) {
        const length = context.measureText(text).width;
        const from = anchor === "end" ? -length : anchor === "center" ? -length / 2 : 0;
        context.fillRect(from, -size * 0.32, length, 1);
      }
      context.restore();
    },
  };
}

export function svgPainter(width, height, ground) {
  const parts = [`<rect width="${width}" height="${height}" fill="${ground}"/>`];
  const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  return {
    rect(x, y, w, h, colour) {
      parts.push(`<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${colour}"/>`);
    },
    text(x, y, text, { colour, size = 12, anchor = "start", turn = 0, struck = false, bold = false }) {
      const place = turn ? `transform="translate(${x} ${y}) rotate(${turn})"` : `x="${x}" y="${y}"`;
      parts.push(`<text ${place} fill="${colour}" font-size="${size}" text-anchor="${anchor === "center" ? "middle" : anchor}"`
        + `${struck ? " text-decoration=\"line-through\"" : ""}${bold ? " font-weight=\"600\"" : ""}>${escape(text)}</text>`);
    },
    toString: () => `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" `
      + `font-family="${FONT}">${parts.join("")}</svg>`,
  };
}

// Pixels of the page for one pixel at the usual size of text: a reader may have chosen larger text.
export function magnified() {
  return (parseFloat(getComputedStyle(document.documentElement).fontSize) || 16) / 16;
}

// The width of a text in pixels.
export function measure(text, size) {
  measure.context ??= document.createElement("canvas").getContext("2d");
  measure.context.font = `${size}px ${FONT}`;
  return measure.context.measureText(text).width;
}
