"""`voxline models auth`: the stored keys of the provider."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime

from pydantic import JsonValue

from bot.cli import signin
from bot.cli.exit_codes import FAILED, OK, WrongUsage
from bot.cli.key_check import checked_key
from bot.cli.setup import add_places, now_ms, open_setup
from bot.cli.subcommands import Group
from bot.cli.terminal import Console, Terminal, chosen
from bot.config.choose import onboarding_changes
from bot.config.edit import change
from bot.config.profiles import DEFAULT_PROFILE, PROVIDER, StoredKey, remove_keys, store_key

_METHODS = {"oauth": "sign in to OpenRouter in the browser", "api-key": "paste a key made at openrouter.ai/keys"}
MANUAL_PROFILE = f"{PROVIDER}:manual"


def add(parser: argparse.ArgumentParser) -> None:
    commands = Group(parser)

    entered = commands.add("login", "sign in, or replace the stored key")
    entered.add_argument("--provider", choices=(PROVIDER,), default=PROVIDER, help="the only one there is")
    entered.add_argument("--method", choices=tuple(_METHODS), help="how (default: ask)")
    entered.add_argument(
        "--profile-id", default=DEFAULT_PROFILE, metavar="ID", help=f"its name (default {DEFAULT_PROFILE})"
    )
    entered.add_argument("--set-default", action="store_true", help="let openrouter/auto answer from now on")
    entered.add_argument("--force", action="store_true", help="forget every stored key of the provider first")
    signin.add_options(entered)
    entered.set_defaults(run=login)

    pasted = commands.add("paste-api-key", "store a key that was made by hand, beside the others")
    pasted.add_argument("--provider", choices=(PROVIDER,), default=PROVIDER, help="the only one there is")
    pasted.add_argument(
        "--profile-id", default=MANUAL_PROFILE, metavar="ID", help=f"its name (default {MANUAL_PROFILE})"
    )
    signin.add_key_options(pasted)
    pasted.set_defaults(run=login, method="api-key", set_default=False, force=False, remote=False)

    listed = commands.add("list", "the stored keys, in the order they are tried")
    listed.add_argument("--json", action="store_true", help="print JSON")
    listed.set_defaults(run=show)

    removed = commands.add("remove", "forget stored keys")
    removed.add_argument("profiles", nargs="+", metavar="PROFILE", help="such as openrouter:default")
    removed.set_defaults(run=remove)

    for command in (entered, pasted, listed, removed):
        add_places(command)


def login(args: argparse.Namespace) -> int:
    return sign_in(args, Console())


def sign_in(args: argparse.Namespace, terminal: Terminal) -> int:
    """Stores a new key. The model that answers stays, unless --set-default says otherwise."""
    setup = open_setup(args)
    if not (terminal.interactive or args.method):
        raise WrongUsage("No terminal to ask at. Say --method api-key, with --openrouter-api-key KEY.")
    method = args.method or chosen(terminal, "How do you reach the models?", _METHODS)
    options = signin.key_options(args, oauth=method == "oauth", profile=args.profile_id)
    # The environment's key is not taken here: this command stores another one.
    key = checked_key(options, terminal, setup.config, setup.environ if options.reference else {})
    earlier = [stored.id for stored in setup.profiles().stored if stored.provider == PROVIDER]
    store_key(setup.profiles_file, key, replacing=earlier if args.force else ())
    config = change(setup.file, onboarding_changes(setup.config.agents.defaults, set_primary=args.set_default))
    terminal.say(f"The key is stored as {key.id} in {setup.profiles_file}. Run this again to replace it.")
    if not args.set_default:
        answers = config.agents.defaults.model.primary
        terminal.say(f"{answers} answers, as before. `voxline models set openrouter/auto` lets OpenRouter choose.")
    return OK


def show(args: argparse.Namespace) -> int:
    setup = open_setup(args)
    stored = setup.stored_keys()
    if args.json:
        print(json.dumps({"ok": True, "profiles": [row(key) for key in stored]}, ensure_ascii=False))
        return OK
    for key in stored:
        until = rests_until(key)
        why = f", {key.use.disabled_reason}" if key.use.disabled_reason else ""
        print(f"{key.shown()}{f'  (rests until {until}{why})' if until else ''}")
    if not stored:
        print(f"No key is stored in {setup.profiles_file}.")
    return OK


def row(key: StoredKey) -> dict[str, JsonValue]:
    """One stored key without the key."""
    return {
        "id": key.id,
        "type": key.type,
        "name": key.display_name,
        "env": key.env or None,
        "restsUntil": rests_until(key) or None,
    }


def rests_until(key: StoredKey) -> str:
    """When a key that had trouble is tried like the others again, "" when it is."""
    until = key.use.resting_until_ms
    return "" if until <= now_ms() else f"{datetime.fromtimestamp(until / 1000, UTC):%Y-%m-%dT%H:%MZ}"


def remove(args: argparse.Namespace) -> int:
    setup = open_setup(args)
    gone = remove_keys(setup.profiles_file, args.profiles)
    for profile in args.profiles:
        print(f"{profile} is forgotten." if profile in gone else f"{profile} was not stored.")
    return OK if len(gone) == len(set(args.profiles)) else FAILED
