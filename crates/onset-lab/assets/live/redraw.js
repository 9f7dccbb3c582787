// Drawing no more often than it can be seen.

// Returns a function that calls `draw` in the next frame, once however often it was asked, and a few times a second where
// reduced motion is preferred. Nothing is drawn once `node` has left the page.
export function redrawer(node, draw) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let asked = false;
  let last = 0;
  const now = () => {
    asked = false;
    last = performance.now();
    if (node.isConnected) draw();
  };
  return () => {
    if (asked) return;
    asked = true;
    const wait = still.matches ? Math.max(0, 250 - (performance.now() - last)) : 0;
    if (wait) setTimeout(() => requestAnimationFrame(now), wait);
    else requestAnimationFrame(now);
  };
}
