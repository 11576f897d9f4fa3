"""`voxline backup FILE`: database, media and configuration in one archive, also while the bot runs."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from bot.cli.control import NotRunning, ask
from bot.cli.exit_codes import OK
from bot.cli.setup import add_places, places
from bot.config.load import read
from bot.config.without_secrets import without_secrets
from bot.core.clock import SystemClock
from bot.core.errors import StateError
from bot.store import open_store
from bot.store.archive import write_archive

DATABASE_ALONE = ".db"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a new file, such as voxline.tar; .db is the database alone"
    )
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    config_file, state = places(args)
    file = args.file.absolute()
    if file.suffix == DATABASE_ALONE:
        _copy_database(state, file)
        print(f"{file} holds the whole database. Media files lie in {state / 'media'}: copy that folder too.")
        return OK
    config = without_secrets(read(config_file) or "")
    copied = state / f"backup-{os.getpid()}.db"  # where also a daemon that may write nowhere else can put it
    _copy_database(state, copied)
    try:
        size = write_archive(file, copied, state / "media", config)
    finally:
        copied.unlink(missing_ok=True)
    print(f"{file} holds database, media and configuration without its secrets ({size / 2**20:.1f} MiB).")
    print("Keys are not in it. `voxline restore` brings the rest back, also on another machine.")
    return OK


def _copy_database(state: Path, file: Path) -> None:
    """By the daemon where one runs. Raises `StateError`."""
    try:
        reply = ask(state, "backup", file=str(file))
        if not reply["ok"]:
            raise StateError(str(reply["error"]))
    except NotRunning:
        asyncio.run(_back_up(state, file))


async def _back_up(state: Path, file: Path) -> None:
    async with open_store(state, SystemClock()) as store:
        await store.back_up(file)
