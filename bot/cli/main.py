"""The command line: one module per group, imported only when its command runs."""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import sys
from collections.abc import Sequence

from bot import __version__
from bot.cli.exits import FAILED, INTERRUPTED, UNUSABLE, USAGE, WrongUsage
from bot.core.errors import ConfigError, StateError, VoxlineError
from bot.net.redact import Redactor, hide_in_crashes

GROUPS = {
    "demo": "talk to the bot on a local page, without any account",
    "onboard": "set up a model key and the channels, step by step",
    "run": "run the bot until it is told to stop",
    "doctor": "check that everything works, and say what to do where it does not",
    "status": "whether the bot runs here, and with what",
    "pairing": "who asks to talk to the bot: let them in, or put them out",
    "backup": "copy the database, also while the bot runs",
    "models": "choose the model, and sign in to the provider",
    "infer": "ask a model once, without the bot",
    "config": "check the configuration, or bring one over from OpenClaw",
}

_EPILOG = "Exit status: 0 done, 1 failed, 2 wrong usage, 78 configuration or state cannot be used."


def run(argv: Sequence[str]) -> int:
    """Runs one command and returns the exit status."""
    hide_in_crashes(Redactor())
    args = parse(argv)
    # Only the daemon keeps a log; a command says what matters itself.
    logging.getLogger("bot").addHandler(logging.NullHandler())
    try:
        status = args.run(args)
        sys.stdout.flush()
        return int(status)
    except (KeyboardInterrupt, EOFError):
        print(file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe has gone; without this Python complains once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except VoxlineError as error:
        tell_error(error, as_json=getattr(args, "json", False))
        return status_of(error)


def status_of(error: VoxlineError) -> int:
    match error:
        case WrongUsage():
            return USAGE
        case ConfigError() | StateError():
            return UNUSABLE
        case _:
            return FAILED


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The command and its arguments. Exits with status 2 and a hint when they make no sense."""
    parser = argparse.ArgumentParser(
        prog="voxline", description="An AI agent where people already talk.", epilog=_EPILOG, allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"voxline {__version__}")
    groups = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((word for word in argv if not word.startswith("-")), "")
    for name, told in GROUPS.items():
        group = groups.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.", allow_abbrev=False)
        if name == chosen:
            importlib.import_module(f"bot.cli.{name}").add(group)
    return parser.parse_args(argv)


def tell_error(error: VoxlineError, *, as_json: bool) -> None:
    """One clear block on standard error, or one JSON object on standard output."""
    notes: list[str] = getattr(error, "__notes__", [])
    if as_json:
        problem = {"type": type(error).__name__, "message": str(error), "notes": notes}
        print(json.dumps({"ok": False, "error": problem}, ensure_ascii=False))
        return
    print("\n  ".join([f"voxline: {error}", *notes]), file=sys.stderr)
