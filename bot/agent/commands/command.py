"""What a slash command is, and how one is found in what a person wrote or said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bot.agent.prompt import Understood
from bot.core.messages import Blob, Reply, Text, Turn


@dataclass(frozen=True, slots=True)
class Said:
    """A command as it was given: in which turn, by whom, with what behind it."""

    turn: Turn
    rest: str
    owner: bool
    pictures: tuple[Blob, ...] = ()


Run = Callable[[Said], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Command:
    """`name` without the slash; `about` is its line in /help and in the platform's menu."""

    name: str
    about: str
    run: Run
    owners_only: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A command with what followed it; `command` None when there is none of that name."""

    command: Command | None
    name: str
    rest: str


@dataclass(frozen=True, slots=True)
class Commands:
    """All commands. `is_owner` says whether a person (channel, id) owns this bot."""

    commands: tuple[Command, ...]
    is_owner: Callable[[str, str], bool]
    by_name: dict[str, Command] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {command.name: command for command in self.commands})

    def find(self, text: str) -> Found | None:
        """The command a text begins with, or None when it is not a command."""
        words = text.strip().split(maxsplit=1)
        if not words or not words[0].startswith("/") or not words[0][1:].replace("_", "").isalnum():
            return None
        name = words[0][1:].casefold()
        return Found(self.by_name.get(name), name, words[1].strip() if len(words) > 1 else "")

    async def run(self, found: Found, turn: Turn, understood: Understood) -> Reply:
        """What the command answers."""
        if found.command is None:
            return (Text(f"I do not know /{found.name}. /help lists what I know."),)
        owner = self.is_owner(turn.conversation.channel, turn.inbounds[-1].sender.id)
        if found.command.owners_only and not owner:
            return (Text(f"Only my owner can use /{found.name}."),)
        return await found.command.run(Said(turn, found.rest, owner, understood.pictures))


def menu(commands: Sequence[Command]) -> tuple[tuple[str, str], ...]:
    """(name, about) pairs for a platform's command menu; owner commands stay out of it."""
    return tuple((command.name, command.about) for command in commands if not command.owners_only)
