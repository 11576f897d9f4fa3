"""`voxline backup FILE`: a whole copy of the database, also while the bot runs."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from bot.cli.control import NotRunning, ask
from bot.cli.exit_codes import OK
from bot.cli.setup import add_places, places
from bot.core.clock import SystemClock
from bot.core.errors import StateError
from bot.store import open_store


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a new file for the copy")
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    _, state = places(args)
    file = args.file.absolute()
    try:
        reply = ask(state, "backup", file=str(file))
        if not reply["ok"]:
            raise StateError(str(reply["error"]))
    except NotRunning:
        asyncio.run(_back_up(state, file))
    print(f"{file} holds the whole database. Media files lie in {state / 'media'}: copy that folder too.")
    return OK


async def _back_up(state: Path, file: Path) -> None:
    async with open_store(state, SystemClock()) as store:
        await store.back_up(file)
