"""`voxline pairing`: lists, approves and removes guests of the allowlist, with and without a running daemon."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from bot.app_pairing import pairing_answers
from bot.cli.control import NotRunning, ask
from bot.cli.exit_codes import FAILED, OK
from bot.cli.setup import add_places, places
from bot.cli.subcommands import Group
from bot.core.clock import SystemClock
from bot.core.errors import VoxlineError
from bot.store import open_store


def add(parser: argparse.ArgumentParser) -> None:
    verbs = Group(parser)
    listed = verbs.add("list", "who asks to be let in, and who was let in")
    approve = verbs.add("approve", "let somebody in")
    approve.add_argument("who", metavar="CODE|CHANNEL:ID", help="the code they were given, or such as telegram:123")
    remove = verbs.add("remove", "put somebody out")
    remove.add_argument("who", metavar="CHANNEL:ID", help="such as telegram:123")
    for verb, command in (("list", listed), ("approve", approve), ("remove", remove)):
        command.add_argument("--json", action="store_true", help="print JSON")
        add_places(command)
        command.set_defaults(run=run, verb=verb)


def run(args: argparse.Namespace) -> int:
    _, state = places(args)
    reply = answer(state, f"pairing.{args.verb}", getattr(args, "who", ""))
    if args.json:
        print(json.dumps(reply, ensure_ascii=False))
        return OK if reply["ok"] else FAILED
    if not reply["ok"]:
        raise VoxlineError(str(reply["error"]))
    for line in _lines(args.verb, reply):
        print(line)
    return OK


def answer(state: Path, do: str, who: str) -> dict[str, Any]:
    """The running daemon's answer, else our own on the store, which is free then. Raises `StateError`."""
    try:
        return ask(state, do, who=who)
    except NotRunning:
        return asyncio.run(_on_closed_store(state, do, who))


async def _on_closed_store(state: Path, do: str, who: str) -> dict[str, Any]:
    """A welcome that is queued here is sent when the daemon starts."""
    clock = SystemClock()
    async with open_store(state, clock) as store:
        return {"ok": True, **await pairing_answers(store, clock, lambda _: None)[do]({"who": who})}


def _lines(verb: str, reply: dict[str, Any]) -> list[str]:
    match verb:
        case "approve":
            return [f"{_person(reply)} may talk to the bot now."]
        case "remove":
            return [f"{reply['channel']}:{reply['id']} is out."]
        case _:
            asks = [f"asks  {_person(request)}" for request in reply["requests"]]
            return [*asks, *(f"in    {_person(guest)}" for guest in reply["guests"])] or [
                "Nobody asks, and nobody is in."
            ]


def _person(person: dict[str, str]) -> str:
    return f"{person['channel']}:{person['id']} {person['name']}".strip()
