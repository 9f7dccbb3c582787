"""Which steps are recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Union

from onset.errors import RecordError

At = Union[str, int, Iterable[int], Callable[[int], bool]]


def due(at: At) -> Callable[[int], bool]:
    """Whether a step is recorded.

    Args:
        at: ``"log"`` (0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, …: two steps for each doubling), a number (every so many steps), the
            steps themselves, or a function of the step.

    >>> [step for step in range(40) if due("log")(step)]
    [0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32]
    >>> [step for step in range(7) if due(3)(step)]
    [0, 3, 6]
    """
    if callable(at):
        return at
    if at == "log":
        return _is_on_grid
    if isinstance(at, str):
        raise RecordError(f"at={at!r}: expected \"log\", a number of steps, a list of steps or a function", place="at")
    if isinstance(at, int):
        every = at
        if every < 1:
            raise RecordError(f"at={every}: expected at least 1 step between records", place="at")
        return lambda step: step % every == 0
    steps = frozenset(int(step) for step in at)
    return steps.__contains__


def _is_on_grid(step: int) -> bool:
    """Whether it is a power of two, or √2 times one, rounded."""
    if step < 4:
        return True
    octave = step.bit_length() - 1
    return step in (1 << octave, round(2 ** (octave + 0.5)))
