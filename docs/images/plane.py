#!/usr/bin/env python3
"""Draws plane.svg: trajectories of the reduced dynamics of copying (docs/theory.md) in the plane of w and a.

Needs Python 3 and nothing else: `python3 docs/images/plane.py`. It integrates the two equations anew, apart from the
code in theory/copying/flow.rs, and prints the times at which stage 1 reaches p = 0.9, which docs/theory.md quotes.
"""

import math
from pathlib import Path

LENGTH = 40
WIDTH, HEIGHT, MARGIN = 640, 420, 52
LEFT, RIGHT, BOTTOM, TOP = -6.0, 8.0, -4.0, 8.0


def probabilities(w, alpha, vocabulary):
    """Probability of the target token, and of another word of the source."""
    right, other = alpha * w, (1 - alpha) * w / (LENGTH - 1)
    most = max(right, other, 0.0)
    weights = math.exp(right - most), math.exp(other - most), math.exp(-most)
    total = weights[0] + (LENGTH - 1) * weights[1] + (vocabulary - LENGTH) * weights[2]
    return weights[0] / total, weights[1] / total


def attention(a):
    return 1 / (1 + (LENGTH - 1) * math.exp(-a))


def slope(w, a, vocabulary):
    """dw/dτ and da/dτ with κ = 1."""
    alpha = attention(a)
    p, q = probabilities(w, alpha, vocabulary)
    return alpha * (1 - p) - (1 - alpha) * q, alpha * (1 - alpha) * w * (1 - p + q)


def trajectory(w, a, vocabulary, until, step=0.1):
    """Points (τ, w, a) by the classical Runge–Kutta method, as long as they are in view."""
    points = [(0.0, w, a)]
    while points[-1][0] < until and LEFT < w < RIGHT and BOTTOM < a < TOP:
        k1 = slope(w, a, vocabulary)
        k2 = slope(w + step / 2 * k1[0], a + step / 2 * k1[1], vocabulary)
        k3 = slope(w + step / 2 * k2[0], a + step / 2 * k2[1], vocabulary)
        k4 = slope(w + step * k3[0], a + step * k3[1], vocabulary)
        w, a = (x + step / 6 * (s1 + 2 * s2 + 2 * s3 + s4) for x, s1, s2, s3, s4 in zip((w, a), k1, k2, k3, k4))
        points.append((points[-1][0] + step, w, a))
    return points


def place(w, a):
    """Position of a point of the plane in the picture."""
    x = MARGIN + (w - LEFT) / (RIGHT - LEFT) * (WIDTH - 2 * MARGIN)
    y = HEIGHT - MARGIN - (a - BOTTOM) / (TOP - BOTTOM) * (HEIGHT - 2 * MARGIN)
    return x, y


def line(points, colour, dash=""):
    """A trajectory as a line, drawn through points that are some pixels apart."""
    kept = []
    for x, y in (place(w, a) for _, w, a in points):
        if not kept or math.dist(kept[-1], (x, y)) > 3:
            kept.append((x, y))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in kept)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'


def label(x, y, text, anchor="middle", colour="#333"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{colour}">{text}</text>'


def axes():
    """Axes through 0 with ticks of 2."""
    parts = []
    for low, high, horizontal in ((LEFT, RIGHT, True), (BOTTOM, TOP, False)):
        ends = (place(low, 0), place(high, 0)) if horizontal else (place(0, low), place(0, high))
        (x1, y1), (x2, y2) = ends
        parts.append(f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="#bbb"/>')
        for tick in range(int(low), int(high) + 1, 2):
            x, y = place(tick, BOTTOM) if horizontal else place(LEFT, tick)
            parts.append(label(x, y + 18, f"{tick}") if horizontal else label(x - 8, y + 4, f"{tick}", "end"))
    parts.append(label(WIDTH / 2, HEIGHT - 12, "score gap w"))
    parts.append(f'<g transform="translate(16,{HEIGHT / 2}) rotate(-90)">{label(0, 0, "logit gap a")}</g>')
    return parts


def picture():
    blue, orange, grey = "#1f57a4", "#c4511d", "#777"
    parts = axes()
    for w, a in ((0.1, 0.0), (-1.0, 1.5), (1.5, -1.0)):
        parts.append(line(trajectory(w, a, LENGTH, 4000), blue))
    for w, a in ((-0.1, 0.0), (1.0, -1.5), (-1.5, 1.0)):
        parts.append(line(trajectory(w, a, LENGTH, 4000), orange))
    parts.append(line(trajectory(0.0, 0.0, 60, 4000), grey, "6 4"))
    x, y = place(0, 0)
    parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#333"/>')
    parts.append(label(x + 3, y + 24, "saddle", "start"))
    parts += [
        label(*place(3.0, 7.2), "V = L: attends", "end", blue),
        label(*place(-5.8, -1.3), "V = L: eliminates", "start", orange),
        label(*place(4.6, 2.0), "V = 60: no saddle", "start", grey),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', *parts, "</svg>\n"])


def stage_one(vocabulary):
    """τ at which p first reaches 0.9 from w = a = 0."""
    points = trajectory(0.0, 0.0, vocabulary, 250)
    return next(round(t) for t, w, a in points if probabilities(w, attention(a), vocabulary)[0] >= 0.9)


if __name__ == "__main__":
    Path(__file__).with_name("plane.svg").write_text(picture(), encoding="utf-8")
    print("V: τ at p = 0.9 for L = 40:", {v: stage_one(v) for v in (41, 42, 44, 48, 60, 80)})
