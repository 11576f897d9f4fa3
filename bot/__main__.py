"""`voxline`, and `python -m bot`."""

from __future__ import annotations

import sys

from bot.cli.main import run


def main() -> int:
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
