"""`voxline models`: which model answers, which ones people may choose, and the keys."""

from __future__ import annotations

import argparse
import asyncio
import json

from bot.cli import catalog, models_auth
from bot.cli.exit_codes import FAILED, OK, WrongUsage
from bot.cli.setup import add_places, open_setup
from bot.cli.subcommands import Group
from bot.config.agents import DEFAULT_MODEL, AgentDefaults, ModelChoice
from bot.config.choose import entry_for, primary_changes
from bot.config.edit import change
from bot.core.errors import ConfigError


def add(parser: argparse.ArgumentParser) -> None:
    commands = Group(parser)

    chosen = commands.add("set", "make a model the one that answers")
    chosen.add_argument("ref", metavar="REF", help="openrouter/<vendor>/<model>, or a short name")
    chosen.set_defaults(run=set_primary)

    listed = commands.add("list", "the models people may choose, or all that OpenRouter has")
    listed.add_argument("--all", action="store_true", help="everything in OpenRouter's list, with prices")
    listed.add_argument("--search", default="", metavar="TEXT", help="only those with this in their name (of all)")
    listed.add_argument("--refresh", action="store_true", help="ask OpenRouter anew (it is asked once a day)")
    listed.add_argument("--json", action="store_true", help="print JSON")
    listed.set_defaults(run=show_models)

    status = commands.add("status", "the model, its fallbacks, and where the key comes from")
    status.add_argument("--json", action="store_true", help="print JSON")
    status.add_argument("--offline", action="store_true", help="do not ask what the account has left")
    status.set_defaults(run=show_status)

    for command in (chosen, listed, status):
        add_places(command)
    models_auth.add(commands.add("auth", "sign in, and see or remove stored keys"))


def set_primary(args: argparse.Namespace) -> int:
    setup = open_setup(args)
    try:
        changes = primary_changes(setup.config.agents.defaults, args.ref)
    except ConfigError as error:
        raise WrongUsage(str(error)) from None
    config = change(setup.file, changes)
    model = config.agents.defaults.model
    fallbacks = f", then {', '.join(model.fallbacks)}" if model.fallbacks else ""
    print(f"{model.primary} answers from now on{fallbacks} ({setup.file}).")
    print("A bot that is running takes it up when it is started again.")
    if not setup.config.agents.defaults.models:
        print("In a chat nobody can choose another any more: add some to agents.defaults.models, or empty it.")
    return OK


def show_models(args: argparse.Namespace) -> int:
    setup = open_setup(args)
    if args.all or args.search or args.refresh:
        return catalog.show(setup, args.search, refresh=args.refresh, as_json=args.json)
    defaults = setup.config.agents.defaults
    refs = list(dict.fromkeys([defaults.model.primary, *defaults.model.fallbacks, *defaults.models]))
    rows = [{"ref": ref, "alias": _alias(defaults, ref), "role": _role(defaults.model, ref)} for ref in refs]
    if args.json:
        print(json.dumps({"ok": True, "restricted": bool(defaults.models), "models": rows}, ensure_ascii=False))
        return OK
    for row in rows:
        print(
            "  ".join(part for part in (row["ref"], f"({row['alias']})" if row["alias"] else "", row["role"]) if part)
        )
    if not defaults.models:
        print("People may choose any other model as well: agents.defaults.models is empty.")
    return OK


def show_status(args: argparse.Namespace) -> int:
    setup = open_setup(args)
    model, key = setup.config.agents.defaults.model, setup.key()
    facts = {
        "primary": model.primary or DEFAULT_MODEL,
        "fallbacks": list(model.fallbacks),
        "image": setup.config.agents.defaults.image.primary,
        "video": setup.config.agents.defaults.video.primary,
        "music": setup.config.agents.defaults.music.primary,
        "key": str(key) if key else None,
        "credit": None if key is None or args.offline else asyncio.run(catalog.credit(setup)),
    }
    if args.json:
        print(json.dumps({"ok": key is not None, **facts}, ensure_ascii=False))
        return OK if key else FAILED
    print(f"model      {facts['primary']}")
    for fallback in model.fallbacks:
        print(f"  then     {fallback}")
    print(f"pictures   {facts['image']}\nclips      {facts['video']}\nsongs      {facts['music']}")
    print(f"key        {key or 'none: run `voxline models auth login --provider openrouter --method oauth`'}")
    if facts["credit"]:
        print(facts["credit"])
    return OK if key else FAILED


def _alias(defaults: AgentDefaults, ref: str) -> str:
    entry = entry_for(defaults, ref)
    return entry.alias if entry else ""


def _role(model: ModelChoice, ref: str) -> str:
    if ref == model.primary:
        return "answers"
    return "fallback" if ref in model.fallbacks else ""
