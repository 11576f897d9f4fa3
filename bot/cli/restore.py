"""`voxline restore FILE`: brings back what `voxline backup` put into an archive."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.exit_codes import OK
from bot.cli.setup import add_places, places
from bot.config.files import write_private
from bot.store.archive import KEPT, restore_archive


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="what `voxline backup` wrote")
    parser.add_argument(
        "--force", action="store_true", help=f"replace the database that is there; it is kept as {KEPT}"
    )
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    config_file, state = places(args)
    config = restore_archive(args.file.absolute(), state.absolute(), replacing=args.force)
    print(f"Database and media are back in {state}.")
    if config and not config_file.exists():
        write_private(config_file, config)
        print(f"The configuration is back in {config_file}, without its secrets: put them in.")
    print("Keys are not in a backup: `voxline onboard` asks for them. Then `voxline doctor`.")
    return OK
