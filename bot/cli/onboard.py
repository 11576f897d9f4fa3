"""`voxline onboard`: a key, then the channels, then the one command that starts the bot."""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import shutil
import sys
from pathlib import Path

from bot.cli import signin
from bot.cli.connect import ChannelOptions, connect_discord, connect_telegram, unreachable
from bot.cli.exit_codes import OK, WrongUsage
from bot.cli.key_check import checked_key, key_sentence
from bot.cli.setup import Setup, add_places, open_setup
from bot.cli.terminal import Console, Terminal, agrees, chosen
from bot.config.choose import Changes, onboarding_changes
from bot.config.edit import change
from bot.config.keys import ENV_NAME
from bot.config.model import Config
from bot.config.profiles import store_key
from bot.core.errors import ConfigError, KeyRefused, StateError
from bot.openrouter.signin.oauth import Places

PROGRAM = "voxline"
_CHOICES = {
    "openrouter-oauth": "sign in to OpenRouter in the browser",
    "openrouter-api-key": "paste a key made at openrouter.ai/keys",
    "skip": "no key now",
}


def add(parser: argparse.ArgumentParser) -> None:
    keys = parser.add_argument_group("the model key")
    keys.add_argument("--auth-choice", choices=(*_CHOICES, "openrouter"), metavar="HOW", help=", ".join(_CHOICES))
    signin.add_options(keys)
    channels = parser.add_argument_group("the channels")
    channels.add_argument("--telegram-token", default="", metavar="TOKEN", help="from @BotFather")
    channels.add_argument("--telegram-allow", action="append", default=[], metavar="ID", help="who may talk to it")
    channels.add_argument("--discord-token", default="", metavar="TOKEN", help="from the application's page Bot")
    channels.add_argument("--discord-allow", action="append", default=[], metavar="ID", help="who may talk to it")
    channels.add_argument("--skip-channels", action="store_true", help="ask about no channel")
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    return onboard(args, Console())


def onboard(args: argparse.Namespace, terminal: Terminal, *, places: Places | None = None) -> int:
    """Sets up the key and the channels; asks for what the command line leaves open, where there is a terminal."""
    setup = open_setup(args)
    config = setup.config
    choice = args.auth_choice or ("skip" if _keeps_key(args, terminal, setup) else _choice(args, terminal))
    if choice != "skip":
        options = signin.key_options(args, oauth=choice == "openrouter-oauth")
        key = checked_key(options, terminal, config, setup.environ, places=places)
        store_key(setup.profiles_file, key)
        config = change(setup.file, onboarding_changes(config.agents.defaults))
        terminal.say(f"The key is stored in {setup.profiles_file}. Run this again to replace it.")
        terminal.say(f"{config.agents.defaults.model.primary} answers; `voxline models set` chooses another.")
    if not args.skip_channels:
        config = _channels(args, terminal, config)
    for line in unreachable(config):
        terminal.say(line)
    terminal.say(f"\nReady. Start the bot with:\n\n  {_command(args)}\n")
    return OK


def _keeps_key(args: argparse.Namespace, terminal: Terminal, setup: Setup) -> bool:
    """Whether a key that is there already stays. Only a person at a terminal is asked."""
    try:
        key = None if args.openrouter_api_key or not terminal.interactive else setup.key()
        if key is None:
            return False
        sentence = asyncio.run(key_sentence(setup.config, key.key))
    except (ConfigError, StateError, KeyRefused) as error:
        terminal.say(str(error))
        return False
    return agrees(terminal, f"Key: {key}. {sentence} Keep it?")


def _choice(args: argparse.Namespace, terminal: Terminal) -> str:
    if args.openrouter_api_key:
        return "openrouter-api-key"
    if terminal.interactive:
        return chosen(terminal, "How do you reach the models?", _CHOICES)
    if os.environ.get(ENV_NAME, "").strip():
        return "openrouter-api-key"
    raise WrongUsage(
        "No terminal to ask at. Say --openrouter-api-key KEY, set OPENROUTER_API_KEY, or use --auth-choice skip."
    )


def _channels(args: argparse.Namespace, terminal: Terminal, config: Config) -> Config:
    telegram = ChannelOptions(args.telegram_token, tuple(args.telegram_allow))
    discord = ChannelOptions(args.discord_token, tuple(args.discord_allow))
    config = _kept(args, connect_telegram(terminal, config, telegram), config)
    return _kept(args, connect_discord(terminal, config, discord), config)


def _kept(args: argparse.Namespace, changes: Changes, config: Config) -> Config:
    return change(open_setup(args).file, changes) if changes else config


def _command(args: argparse.Namespace) -> str:
    """What starts the bot from here, with the places that were named."""
    named = (("--config", args.config), ("--state-dir", args.state_dir))
    places = [f"{option} {shlex.quote(str(place))}" for option, place in named if place]
    return " ".join([own_command(), "run", *places])


def own_command() -> str:
    """The command that starts this installation: `voxline` where the shell finds it by that name, else its path."""
    script = Path(sys.executable).with_name(PROGRAM)
    on_path = shutil.which(PROGRAM)
    if on_path and script.exists() and Path(on_path).samefile(script):
        return PROGRAM
    if not script.exists():
        return f"{shlex.quote(sys.executable)} -m bot"
    here = Path.cwd()
    return shlex.quote(str(script.relative_to(here) if script.is_relative_to(here) else script))
