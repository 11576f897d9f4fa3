"""Provider sign-in at the terminal: a new API key by OAuth in the browser, or pasted."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.cli.exit_codes import WrongUsage
from bot.cli.terminal import Terminal
from bot.config.keys import ENV_NAME
from bot.config.profiles import DEFAULT_PROFILE, StoredKey
from bot.core.errors import ConfigError
from bot.net.proxy import rules
from bot.openrouter.signin.key_text import key_from
from bot.openrouter.signin.oauth import Desk, Places, login


@dataclass(frozen=True, slots=True)
class KeyOptions:
    """How to get the key. `key_text` was typed on the command line; `reference` stores the variable's name."""

    oauth: bool
    profile: str = DEFAULT_PROFILE
    key_text: str = field(default="", repr=False)
    reference: bool = False
    remote: bool = False


def add_options(parser: argparse._ActionsContainer) -> None:
    """How to get the key, in the browser too."""
    add_key_options(parser)
    parser.add_argument("--remote", action="store_true", help="the browser is on another machine")


def add_key_options(parser: argparse._ActionsContainer) -> None:
    """The key itself, for a person who has one."""
    parser.add_argument("--openrouter-api-key", default="", metavar="KEY", help="the key itself, instead of asking")
    parser.add_argument(
        "--secret-input-mode",
        choices=("plaintext", "ref"),
        default="plaintext",
        help="ref stores the name OPENROUTER_API_KEY instead of the key",
    )


def key_options(args: argparse.Namespace, *, oauth: bool, profile: str = DEFAULT_PROFILE) -> KeyOptions:
    """What the options of `add_options` ask for."""
    return KeyOptions(
        oauth=oauth,
        profile=profile,
        key_text=args.openrouter_api_key,
        reference=args.secret_input_mode == "ref",
        remote=args.remote or is_remote(os.environ, sys.platform),
    )


def new_key(
    options: KeyOptions, terminal: Terminal, environ: Mapping[str, str], *, places: Places | None = None
) -> StoredKey:
    """The key to store. Raises `SignInFailed`, `ConfigError`, and `WrongUsage` when a person would have to answer."""
    if options.oauth:
        return _signed_in(options, terminal, places or Places(proxies=rules(environ)))
    if options.reference:
        if not environ.get(ENV_NAME, "").strip():
            raise ConfigError(f"the environment variable {ENV_NAME} is not set", fix="Set it where the bot runs.")
        return StoredKey(options.profile, env=ENV_NAME)
    if text := options.key_text or environ.get(ENV_NAME, ""):
        return StoredKey(options.profile, key=key_from(text))
    return StoredKey(options.profile, key=_typed(terminal))


def is_remote(environ: Mapping[str, str], platform: str) -> bool:
    """Whether the person's browser cannot be on this machine: a remote shell, a container, no screen."""
    if any(
        environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "REMOTE_CONTAINERS", "CODESPACES")
    ):
        return True
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
    return platform == "linux" and not any(environ.get(name) for name in screens)


def _signed_in(options: KeyOptions, terminal: Terminal, places: Places) -> StoredKey:
    if not terminal.interactive:
        raise WrongUsage("Signing in needs a terminal. Use --openrouter-api-key KEY, or set OPENROUTER_API_KEY.")

    async def ask(question: str) -> str:
        # Blocks on purpose: nothing else runs by now, and a thread that waits for a line cannot be interrupted.
        return terminal.ask(question.strip())

    async def open_browser(url: str) -> bool:
        return await asyncio.to_thread(terminal.open_page, url)

    issued = asyncio.run(login(Desk(open_browser, ask, terminal.say), remote=options.remote, places=places))
    return StoredKey(
        options.profile,
        key=issued.key,
        display_name=issued.display_name,
        metadata=issued.metadata,
    )


def _typed(terminal: Terminal) -> str:
    if not terminal.interactive:
        raise WrongUsage("No terminal to paste a key into. Use --openrouter-api-key KEY, or set OPENROUTER_API_KEY.")
    terminal.say("Make a key at https://openrouter.ai/keys and copy it.")
    while True:
        try:
            return key_from(terminal.ask_secret("OpenRouter API key:"))
        except ConfigError as error:
            terminal.say(str(error))
