"""The command line: one module per group, imported only when its command runs."""

from __future__ import annotations

import argparse
import difflib
import importlib
import io
import json
import logging
import os
import sys
from collections.abc import Sequence

from bot import __version__
from bot.cli.exit_codes import FAILED, INTERRUPTED, UNUSABLE, USAGE, WrongUsage
from bot.cli.subcommands import Group
from bot.core.errors import ConfigError, StateError, VoxlineError
from bot.net.redact import Redactor, hide_in_crashes

GROUPS = {
    "demo": "talk to the bot on a local page, without any account",
    "onboard": "set up a model key and the channels, step by step",
    "run": "run the bot until it is told to stop",
    "doctor": "check that everything works, and say what to do where it does not",
    "status": "whether the bot runs here, and with what",
    "page": "print the address of the local page, or give it a new one",
    "pairing": "who asks to talk to the bot: let them in, or put them out",
    "backup": "put database, media and configuration into one file, also while the bot runs",
    "restore": "bring back what a backup holds",
    "service": "write a systemd unit for this installation",
    "models": "choose the model, and sign in to the provider",
    "infer": "ask a model once, without the bot",
    "config": "check the configuration, or bring one over from OpenClaw",
}

_EPILOG = """\
Begin with `voxline demo`, then `voxline onboard` and `voxline run`. `voxline COMMAND --help` says more.

Exit status: 0 done, 1 failed, 2 wrong usage, 78 configuration or state cannot be used, 130 interrupted."""


def run(argv: Sequence[str]) -> int:
    """Runs one command and returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that has no arrow shows a question mark
            stream.reconfigure(errors="replace")
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
        tell_error(placed(error, args), as_json=getattr(args, "json", False))
        return status_of(error)


def placed(error: VoxlineError, args: argparse.Namespace) -> VoxlineError:
    """The error with the file and line of its key, also when that was read long before it turned out to be wrong."""
    if not isinstance(error, ConfigError) or not hasattr(args, "config"):
        return error
    from bot.cli.setup import places  # slow to load, and loaded by now
    from bot.config.load import located

    return located(error, places(args)[0])


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
        prog="voxline",
        description="An AI agent where people already talk.",
        epilog=_EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"voxline {__version__}")
    groups = Group(parser)
    if list(argv[:1]) == ["help"]:  # help, and help COMMAND
        argv = [*argv[1:2], "--help"]
    chosen = next((word for word in argv if not word.startswith("-")), "")
    for name, purpose in GROUPS.items():
        group = groups.add(name, purpose)
        if name == chosen:
            importlib.import_module(f"bot.cli.{name}").add(group)
    if chosen and chosen not in GROUPS:
        near = difflib.get_close_matches(chosen, GROUPS, n=1)
        parser.error(f"there is no command {chosen!r}{f': did you mean {near[0]!r}?' if near else ''}")
    return parser.parse_args(argv)


def tell_error(error: VoxlineError, *, as_json: bool) -> None:
    """One clear block on standard error, or one JSON object on standard output."""
    notes: list[str] = getattr(error, "__notes__", [])
    if as_json:
        problem = {"type": type(error).__name__, "message": str(error), "notes": notes}
        print(json.dumps({"ok": False, "error": problem}, ensure_ascii=False))
        return
    print("\n  ".join([f"voxline: {error}", *notes]), file=sys.stderr)
