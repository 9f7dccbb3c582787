"""The ``onset`` command: ``python -m onset`` is the same as ``onset``."""

from __future__ import annotations

import sys

from onset import _onset


def main() -> int:
    """Does what the command line says, and returns the exit code."""
    return _onset.command(["onset", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
