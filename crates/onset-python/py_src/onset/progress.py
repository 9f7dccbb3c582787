"""Progress of runs: bars in a terminal and in notebooks, and records of ``logging``."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

log = logging.getLogger("onset")

# Least time between two changes of a bar, in seconds.
_REDRAW = 0.1


class Progress:
    """Shows what happens in runs: a bar for each, with the step, the loss and the last accuracy.

    The bars are tqdm's where that is installed, and plain lines of text otherwise.
    """

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._bars: dict[int, Any] = {}
        self._steps: dict[int, int] = {}

    def observe(self, event: dict[str, Any]) -> None:
        """Takes in an event of a run."""
        kind, name = event["event"], event["name"]
        if kind == "recorded":
            scores = ", ".join(f"{key} {value:.4g}" for key, value in sorted(event["scores"].items()))
            log.debug("%s: step %d: %s", name, event["step"], scores)
        elif kind in ("started", "lengthened"):
            log.info("%s: from step %d to step %d", name, event["step"], event["steps"])
        if not self._shown:
            return
        if kind == "started":
            self._bars[event["run"]] = _bar(name, event["steps"], event["step"])
        bar = self._bars.get(event["run"])
        if bar is None:
            return
        if kind == "stepped":
            bar.set_postfix_str(f"loss {event['loss']:.4g}", refresh=False)
        elif kind == "recorded" and "accuracy" in event["scores"]:
            bar.set_postfix_str(f"accuracy {event['scores']['accuracy']:.3f}", refresh=False)
        elif kind == "evaluating" and event["work"] is not None:
            work, done, count = event["work"]
            bar.set_postfix_str(f"{work} {done}/{count}", refresh=False)
        bar.update(event["step"] - bar.n)

    def close(self) -> None:
        """Ends all bars."""
        for bar in self._bars.values():
            bar.close()


def _bar(name: str, steps: int, step: int) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _Line(name, steps, step)
    return tqdm(total=steps, initial=step, desc=name, unit="step", mininterval=_REDRAW)


class _Line:
    """A bar as a line of text, with the part of tqdm's interface that is used here."""

    def __init__(self, name: str, steps: int, step: int) -> None:
        self._name, self._steps, self.n = name, steps, step
        self._postfix = ""
        self._drawn = 0.0
        self._terminal = sys.stderr.isatty()

    def set_postfix_str(self, postfix: str, refresh: bool = True) -> None:
        self._postfix = postfix

    def update(self, steps: int) -> None:
        self.n += steps
        now = time.monotonic()
        if now - self._drawn >= (_REDRAW if self._terminal else 10.0):
            self._drawn = now
            self._draw()

    def close(self) -> None:
        self._draw()
        if self._terminal:
            print(file=sys.stderr)

    def _draw(self) -> None:
        done = int(20 * self.n / max(self._steps, 1))
        line = f"{self._name}: {'█' * done}{'░' * (20 - done)} {self.n}/{self._steps} {self._postfix}"
        print(f"\r{line:<79}" if self._terminal else line, end="" if self._terminal else "\n", file=sys.stderr, flush=True)
