"""`voxline models auth`: the stored keys of the provider."""

from __future__ import annotations

import argparse
import json

from bot.cli.exits import FAILED, OK
from bot.cli.setup import add_places, open_setup
from bot.config.keys import in_order
from bot.config.profiles import remove_keys


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    listed = commands.add_parser("list", help="the stored keys, in the order they are tried")
    listed.add_argument("--json", action="store_true", help="print JSON")
    listed.set_defaults(run=show)

    removed = commands.add_parser("remove", help="forget stored keys")
    removed.add_argument("profiles", nargs="+", metavar="PROFILE", help="such as openrouter:default")
    removed.set_defaults(run=remove)

    for command in (listed, removed):
        add_places(command)


def show(args: argparse.Namespace) -> int:
    setup = open_setup(args)
    stored = in_order(setup.config.auth, setup.profiles())
    if args.json:
        rows = [{"id": key.id, "type": key.type, "name": key.display_name, "env": key.env or None} for key in stored]
        print(json.dumps({"ok": True, "profiles": rows}, ensure_ascii=False))
        return OK
    for key in stored:
        print(key.shown())
    if not stored:
        print(f"No key is stored in {setup.profiles_file}.")
    return OK


def remove(args: argparse.Namespace) -> int:
    setup = open_setup(args)
    gone = remove_keys(setup.profiles_file, args.profiles)
    for profile in args.profiles:
        print(f"{profile} is forgotten." if profile in gone else f"{profile} was not stored.")
    return OK if len(gone) == len(set(args.profiles)) else FAILED
