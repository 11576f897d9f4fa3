"""The program `voxline`, and `python -m bot`: refuses a foreign `channels` package, then runs the command line."""

from __future__ import annotations

import gc
import sys

from bot.import_names import clash

UNUSABLE = 78
OBJECTS_OF_IMPORTS = 50_000  # what imports make stays: to look through it at every 700 takes a twelfth of the start


def main() -> int:
    if (sentence := clash()) and sys.argv[1:2] != ["doctor"]:  # doctor reports it beside the rest
        print(f"voxline: {sentence}", file=sys.stderr)
        return UNUSABLE
    gc.set_threshold(OBJECTS_OF_IMPORTS)
    from bot.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
