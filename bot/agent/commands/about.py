"""Commands about the bot: what it can do, how it is doing, and who the caller is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.agent.commands.command import MENU, Command, CommandCall
from bot.agent.commands.money import Money
from bot.core.errors import VoxlineError
from bot.core.messages import Reply, Text
from bot.core.ports.channel import Health

Look = Callable[[], Awaitable[Mapping[str, Health]]]

START = (
    "Hello! Write to me or send a voice note, and I will answer. I can also draw pictures: just ask. "
    "/help shows what else there is."
)


def about_commands(
    *,
    look: Look,
    money: Money,
    model: str,
    lacks: tuple[VoxlineError, ...],
    others: Callable[[], tuple[Command, ...]],
) -> tuple[Command, ...]:
    """The commands that only report. `look` returns the health of every channel, `lacks` are what cannot be done,
    `others` gives all commands, for /help."""

    async def help_(call: CommandCall) -> Reply:
        lines = [f"/{command.name} — {command.about}" for command in others() if call.owner or not command.owners_only]
        return (Text("\n".join([f"/stop — {MENU['stop']}", *lines])),)

    async def start(_: CommandCall) -> Reply:
        return (Text(START),)

    async def status(call: CommandCall) -> Reply:
        lines = [f"Model: `{call.turn.session.model or model}`", *await money.of(call)]
        lines += [str(lack) if call.owner else lack.tell for lack in lacks]
        for name, health in (await look()).items():
            if call.owner or name == call.turn.conversation.channel:
                lines.append(f"{name}: {'' if health.ok else 'not working, '}{health.detail}")
        return (Text("\n".join(lines)),)

    async def whoami(call: CommandCall) -> Reply:
        sender = call.turn.inbounds[-1].sender
        conversation = call.turn.conversation
        owner = " You own this bot." if call.owner else ""
        return (
            Text(f"Your id on {conversation.channel} is `{sender.id}`, this chat is `{conversation.chat}`.{owner}"),
        )

    return (
        Command("start", start),
        Command("help", help_),
        Command("status", status),
        Command("whoami", whoami),
    )
