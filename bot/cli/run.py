"""`voxline run`: the daemon."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from functools import partial

from bot.app import App, serve
from bot.cli.setup import add_places, open_setup
from bot.config.load import export
from bot.core.clock import SystemClock
from bot.core.errors import ConfigError


def add(parser: argparse.ArgumentParser) -> None:
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    setup = open_setup(args)
    if not setup.file.exists() and (args.config or os.environ.get("VOXLINE_CONFIG", "").strip()):
        raise ConfigError("there is no such file", file=str(setup.file), fix="`voxline onboard` writes one.")
    export(setup.config, os.environ)
    return asyncio.run(
        serve(setup.config, setup.state, clock=SystemClock(), tell=partial(print, flush=True), ready=invite)
    )


def invite(app: App) -> None:
    """Says where the local page is to whoever sits at the terminal. The address carries a key: no log gets it."""
    if app.page and sys.stdout.isatty():
        print(f"Open {app.page}", flush=True)
