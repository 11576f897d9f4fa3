"""Doubtful settings for `doctor` and `config check`: what starts and does not do what was meant."""

from __future__ import annotations

from collections.abc import Iterator

from bot.cli.findings import Finding, fail, ok, warn
from bot.cli.setup import Setup
from bot.config.channels import Discord, Guild, Telegram
from bot.core.errors import ConfigError, VoxlineError


def doubts(setup: Setup) -> Iterator[Finding]:
    """What starts and does not do what was meant: names that admit no person, servers without a served channel."""
    configured = setup.config.channels
    for name, channel in (("telegram", configured.telegram), ("discord", configured.discord)):
        if channel is not None and channel.enabled:
            yield from _names(name, channel)
            yield from _rooms(name, channel)


def _names(name: str, channel: Telegram | Discord) -> Iterator[Finding]:
    rooms = channel.groups if isinstance(channel, Telegram) else channel.guilds
    lists = {f"channels.{name}.allowFrom": channel.allow_from}
    for room_id, room in rooms.items():
        lists[f'channels.{name}.{_key(channel)}["{room_id}"].allowFrom'] = room.allow_from or ()
    for path, people in lists.items():
        if wrong := [person for person in people if person != "*" and not person.isdigit()]:
            yield warn("access", f"{path}: {', '.join(wrong)} lets nobody in", "Write numeric ids; names change hands.")


def _rooms(name: str, channel: Telegram | Discord) -> Iterator[Finding]:
    rooms = channel.groups if isinstance(channel, Telegram) else channel.guilds
    if not any(room.enabled for room in rooms.values()):
        detail = f"{name}: no group is listed; an owner who calls the bot in one is asked whether it may answer"
        yield ok("groups", detail)
    for room_id, room in rooms.items():
        path = f'channels.{name}.{_key(channel)}["{room_id}"]'
        if room_id != "*" and not room_id.lstrip("-").isdigit():
            yield warn("groups", f"{path} is a name and serves nobody", "Write the number (Copy ID) in its place.")
        if isinstance(room, Guild) and room.channels is not None and not _served(room):
            yield warn(
                "groups", f"{path}: no channel of it is served", "Name channels by number, or take channels out."
            )


def _served(guild: Guild) -> bool:
    channels = guild.channels or {}
    return any(room.enabled and (name == "*" or name.isdigit()) for name, room in channels.items())


def _key(channel: Telegram | Discord) -> str:
    return "groups" if isinstance(channel, Telegram) else "guilds"


def as_finding(error: VoxlineError) -> Finding:
    """A refusal as a finding of `doctor`."""
    if not isinstance(error, ConfigError):
        return fail("state", str(error), "Until then the bot does not start.")
    where = ": ".join(part for part in (error.file, error.path) if part)
    return fail("start", f"{where}: {error.message}" if where else error.message, error.fix or "Mend it.")
