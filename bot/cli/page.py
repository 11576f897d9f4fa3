"""`voxline page`: prints the address of the local page, or gives it a new key."""

from __future__ import annotations

import argparse

from bot.cli.control import NotRunning, ask
from bot.cli.exit_codes import FAILED, OK
from bot.cli.setup import add_places, places
from bot.config.page_key import new_page_key
from bot.core.errors import VoxlineError


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--new", action="store_true", help="make a new address; the old one opens nothing any more")
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    _, state = places(args)
    try:
        reply = ask(state, "page.new" if args.new else "status")
    except NotRunning:
        if not args.new:
            raise
        new_page_key(state)
        print("The page has a new key. Its address is printed when the bot is started.")
        return OK
    if not reply["ok"]:
        raise VoxlineError(str(reply["error"]))
    print(reply["page"] or "The local page is off: set channels.web.enabled to true.")
    return OK if reply["page"] else FAILED
