"""Connecting Telegram and Discord in `voxline onboard`: the bot token is checked live, the next steps are printed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.cli.exit_codes import WrongUsage
from bot.cli.terminal import Terminal, agrees, chosen
from bot.cli.tokens import DiscordBot, TelegramBot, TelegramPerson, discord_bot, telegram_bot, telegram_people
from bot.config.channels import Discord, Telegram, token_of
from bot.config.choose import Changes
from bot.config.load import environment
from bot.config.model import Config
from bot.config.network import proxy_rules
from bot.core.errors import ChannelDown, ConfigError, NotSent

Bot = TypeVar("Bot")


@dataclass(frozen=True, slots=True)
class ChannelOptions:
    """A channel's options on the command line: a token ("" for none) and who may talk."""

    token: str = ""
    allow: tuple[str, ...] = ()


def connect_telegram(terminal: Terminal, config: Config, options: ChannelOptions) -> Changes:
    """What the file needs for Telegram; nothing when it is not wanted. Raises `WrongUsage`, `ChannelDown`."""
    api_root = (config.channels.telegram or Telegram()).api_root
    proxies = proxy_rules(config.network, os.environ)
    offer = not options.token and terminal.interactive
    if offer:
        connected = _connected("telegram", config, lambda text: telegram_bot(text, api_root, proxies=proxies))
        if (answer := _answered(terminal, "Telegram", connected)) is not None:
            return answer
    if offer:
        terminal.say("Write to https://t.me/BotFather, send /newbot, and copy the token it gives you.")
    token, bot = _checked(
        terminal, "Telegram", options.token, lambda text: telegram_bot(text, api_root, proxies=proxies)
    )
    if not token:
        return {}
    people = options.allow
    if bot is not None:
        terminal.say(f"This is @{bot.username}. People find it at {bot.link}")
        if not bot.reads_groups:
            terminal.say(
                "In groups it sees commands and replies only. To change that: @BotFather, /setprivacy, Disable."
            )
        terminal.say("In a group, call it once: it asks you in private whether to answer there.")
        people = people or _telegram_owner(terminal, bot, lambda: telegram_people(token, api_root, proxies=proxies))
    return _changes(config, "telegram", "botToken", token, people)


def connect_discord(terminal: Terminal, config: Config, options: ChannelOptions) -> Changes:
    """What the file needs for Discord; nothing when it is not wanted. Raises `WrongUsage`, `ChannelDown`."""
    api_base = (config.channels.discord or Discord()).api_base
    proxies = proxy_rules(config.network, os.environ)
    offer = not options.token and terminal.interactive
    if offer:
        connected = _connected("discord", config, lambda text: discord_bot(text, api_base, proxies=proxies))
        if (answer := _answered(terminal, "Discord", connected)) is not None:
            return answer
    if offer:
        terminal.say("On https://discord.com/developers/applications make an application; on its page Bot")
        terminal.say("switch on Message Content Intent, press Reset Token, and copy the token.")
    token, bot = _checked(terminal, "Discord", options.token, lambda text: discord_bot(text, api_base, proxies=proxies))
    if not token:
        return {}
    people = options.allow
    if bot is not None:
        terminal.say(f"This is {bot.name}. Invite it to your server: {bot.invite}")
        if not bot.reads_content:
            terminal.say("It may not read what people write yet: on its page Bot, switch on Message Content Intent.")
        people = people or _discord_owner(terminal, bot)
    return _changes(config, "discord", "token", token, people)


def _connected(name: str, config: Config, ask: Callable[[str], Coroutine[Any, Any, TelegramBot | DiscordBot]]) -> str:
    """How a channel is that was connected before, "" for one that is not."""
    channel = config.channels.telegram if name == "telegram" else config.channels.discord
    if channel is None or not channel.enabled:
        return ""
    try:
        return asyncio.run(ask(token_of(channel, environment(config, os.environ)))).shown
    except ConfigError:
        return ""
    except (ChannelDown, NotSent) as error:
        return str(error)


def _answered(terminal: Terminal, name: str, connected: str) -> Changes | None:
    """What is to change without a new token; None where a new one is wanted."""
    if not connected:
        return None if agrees(terminal, f"Connect {name}?") else {}
    match chosen(terminal, f"{name}: {connected}", _KEEP):
        case "keep":
            return {}
        case "remove":
            return {("channels", name.lower(), "enabled"): False}
        case _:
            return None


_KEEP = {"keep": "keep it", "change": "another token", "remove": "switch it off"}


def unreachable(config: Config) -> Iterator[str]:
    """A sentence for each channel that no person may use and where no owner could let one in."""
    for name, channel in (("telegram", config.channels.telegram), ("discord", config.channels.discord)):
        owned = any(owner.startswith(f"{name}:") for owner in config.owners)
        if channel is not None and channel.enabled and not (channel.allow_from or owned):
            yield (
                f"On {name} nobody may talk to the bot yet, and no owner could let them in: "
                f"run this again with --{name}-allow and your numeric id."
            )


def _checked(
    terminal: Terminal, name: str, typed: str, ask: Callable[[str], Coroutine[Any, Any, Bot]]
) -> tuple[str, Bot | None]:
    """A token that works, and its bot; the bot is None when the service cannot be reached.

    At a terminal a refused token may be typed again, and Enter alone gives up ("").
    """
    while True:
        token = typed or (terminal.ask_secret(f"{name} token, or Enter to skip:") if terminal.interactive else "")
        if not token:
            return "", None
        try:
            return token, asyncio.run(ask(token))
        except NotSent as error:
            terminal.say(f"{error} The token is kept unchecked; `voxline doctor` checks it later.")
            return token, None
        except ChannelDown as error:
            if not terminal.interactive:
                raise
            terminal.say(str(error))
            typed = ""


def _telegram_owner(
    terminal: Terminal, bot: TelegramBot, ask: Callable[[], Coroutine[Any, Any, tuple[TelegramPerson, ...]]]
) -> tuple[str, ...]:
    """The numeric id of the person at the terminal, who writes to the bot to show it."""
    if not terminal.interactive:
        return ()
    terminal.ask(f"Open {bot.link}, press Start, then press Enter here. (It shows who you are.)")
    try:
        people = asyncio.run(ask())
    except (NotSent, ChannelDown) as error:
        terminal.say(str(error))
        people = ()
    for person in people:
        if agrees(terminal, f"Is {person.name} ({person.id}) you?"):
            return (str(person.id),)
    return _typed_id(terminal, "Your numeric Telegram id, or Enter to be let in by a pairing code later:")


def _discord_owner(terminal: Terminal, bot: DiscordBot) -> tuple[str, ...]:
    if not terminal.interactive:
        return ()
    if bot.owner_id and agrees(terminal, f"Are you {bot.owner_name or 'the owner'} ({bot.owner_id})?"):
        return (bot.owner_id,)
    return _typed_id(terminal, "Your numeric Discord id, or Enter to be let in by a pairing code later:")


def _typed_id(terminal: Terminal, question: str) -> tuple[str, ...]:
    while True:
        answer = terminal.ask(question)
        if not answer:
            return ()
        if answer.isdigit():
            return (answer,)
        terminal.say("An id is a number. Names can change hands, so they let nobody in.")


def _changes(config: Config, name: str, key: str, token: str, people: tuple[str, ...]) -> Changes:
    """The token, and the people as allowed. The first one named is the owner where there is none yet."""
    if wrong := next((person for person in people if not person.isdigit()), ""):
        raise WrongUsage(f"{wrong!r} is not a numeric id. Names can change hands, so they let nobody in.")
    channel = config.channels.telegram if name == "telegram" else config.channels.discord
    allowed = (*(channel.allow_from if channel else ()), *people)
    changes: Changes = {("channels", name, key): token, ("channels", name, "enabled"): True}
    if people:
        changes[("channels", name, "allowFrom")] = list(dict.fromkeys(allowed))
        if not any(owner.startswith(f"{name}:") for owner in config.owners):
            changes[("owners",)] = [*config.owners, f"{name}:{people[0]}"]
    return changes
