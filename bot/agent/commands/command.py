"""Slash commands: what one is, and how it is found in a text or a transcript."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.agent.prompt import Understood
from bot.core.messages import Blob, Reply, Text, Turn

MENU = {
    "stop": "stop what I am doing, at once; /stop all drops what waits too",
    "new": "start a fresh conversation",
    "retry": "answer my last message again",
    "undo": "forget the last message and its answer",
    "model": "show or choose the model",
    "think": "choose how hard the model thinks",
    "voice": "choose when I answer aloud",
    "start": "say hello",
    "help": "show what I can do",
    "status": "show how I am doing and what you spent",
    "whoami": "show your id",
    "jobs": "what is being made, and cancel it",
}
"""What every person may say, with its line in /help and in the platform's own menu."""

OWNERS_MENU = {
    "allow": "let somebody in by code",
    "refuse": "refuse somebody",
    "guests": "who was let in",
    "remove": "put somebody out",
    "serve": "in which groups I answer",
    "budget": "what was spent today and this month, and on what",
}


@dataclass(frozen=True, slots=True)
class CommandCall:
    """One call of a command: its turn, whether an owner calls, and the words behind it."""

    turn: Turn
    rest: str
    owner: bool
    pictures: tuple[Blob, ...] = ()


Run = Callable[[CommandCall], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Command:
    """`name` without the slash, as listed in the menu."""

    name: str
    run: Run
    owners_only: bool = False

    @property
    def about(self) -> str:
        """Its line in /help."""
        return (OWNERS_MENU if self.owners_only else MENU)[self.name]


@dataclass(frozen=True, slots=True)
class CommandMatch:
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

    def find(self, text: str) -> CommandMatch | None:
        """The command a text begins with, or None when it is not a command."""
        words = text.strip().split(maxsplit=1)
        if not words or not words[0].startswith("/") or not words[0][1:].replace("_", "").isalnum():
            return None
        name = words[0][1:].casefold()
        return CommandMatch(self.by_name.get(name), name, words[1].strip() if len(words) > 1 else "")

    async def run(self, match: CommandMatch, turn: Turn, understood: Understood) -> Reply:
        """What the command answers."""
        if match.command is None:
            return (Text(f"I do not know /{match.name}. /help lists what I know."),)
        owner = self.is_owner(turn.conversation.channel, turn.inbounds[-1].sender.id)
        if match.command.owners_only and not owner:
            return (Text(f"Only my owner can use /{match.name}."),)
        return await match.command.run(CommandCall(turn, match.rest, owner, understood.pictures))
