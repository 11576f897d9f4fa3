"""`voxline run`: starts the daemon and prints what its operator must know."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys

from bot.app import App, DaemonConsole, serve
from bot.cli.setup import add_places, open_setup, refuse_missing
from bot.config.exposure import exposure
from bot.core.clock import SystemClock

log = logging.getLogger(__name__)


def add(parser: argparse.ArgumentParser) -> None:
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    setup = open_setup(args)
    refuse_missing(args, setup)
    for name, value in setup.around.exported.items():
        os.environ.setdefault(name, value)
    for note in (*setup.around.notes, exposure(setup.file, setup.config, setup.environ)):
        if note:
            say(note)
    console = DaemonConsole(tell=say, stopping=say, ready=invite)
    try:
        return asyncio.run(
            serve(setup.config, setup.state, clock=SystemClock(), console=console, environ=setup.environ)
        )
    finally:
        drop_unwritten()


def drop_unwritten() -> None:
    """Gives up the end of a log that finds no room: Python would try once more and end with a status of its own."""
    try:
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def say(line: str) -> None:
    """A line for the operator's terminal. A full disk or a closed pipe behind it ends no daemon: the log says it too.

    It is written past Python's buffer, which would offer the same bytes again and again."""
    try:
        os.write(sys.stdout.fileno(), f"{line}\n".encode())
    except OSError as error:
        log.warning("daemon.unheard", extra={"why": str(error)})


def invite(app: App) -> None:
    """Prints the local page's address, at a terminal only. The address carries a key: no log gets it."""
    if app.page and sys.stdout.isatty():
        print(f"Open {app.page}", flush=True)
