"""`voxline run`: the daemon."""

from __future__ import annotations

import argparse
import asyncio
import os

from bot.app import serve
from bot.cli.setup import add_places, open_setup
from bot.config.load import export
from bot.core.clock import SystemClock


def add(parser: argparse.ArgumentParser) -> None:
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    setup = open_setup(args)
    export(setup.config, os.environ)
    return asyncio.run(serve(setup.config, setup.state, clock=SystemClock()))
