"""`python -m fuzz <target> [libFuzzer options and folders]`: looks for bytes that break the target's law."""

from __future__ import annotations

import importlib
import sys

import atheris

from fuzz import TARGETS


def main(arguments: list[str]) -> None:
    """Ends with libFuzzer's own exit status: 0 when no law was broken."""
    if not arguments or arguments[0] not in TARGETS:
        raise SystemExit(f"Use: python -m fuzz {{{'|'.join(TARGETS)}}} [options] [folders]")
    with atheris.instrument_imports(include=["bot", "channels"]):
        target = importlib.import_module(f"fuzz.fuzz_{arguments[0]}")
    atheris.Setup([sys.argv[0], *arguments[1:]], target.check)
    atheris.Fuzz()


main(sys.argv[1:])
