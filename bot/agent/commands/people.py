"""Commands for owners: who may talk to the bot, and in which groups."""

from __future__ import annotations

from collections.abc import Callable

from bot.agent.commands.command import Command, CommandCall
from bot.agent.group_access import DONE, LABELS, GroupAccess, RoomAnswer
from bot.agent.pairing import Pairing
from bot.core.messages import Conversation, Reply, Text
from bot.core.ports.clock import Clock
from bot.core.ports.store import Access, Outbox
from bot.media.names import plain_name

ASKING_LISTED = 20


def people_commands(
    access: Access, outbox: Outbox, groups: GroupAccess, clock: Clock, wake: Callable[[Conversation], None]
) -> tuple[Command, ...]:
    """The commands that let people in and put them out. `wake` has the welcome sent at once."""

    pairing = Pairing(access=access, outbox=outbox, clock=clock, wake=wake)

    async def allow(call: CommandCall) -> Reply:
        request = await pairing.let_in(call.rest)
        if request is None:
            return (Text("No open request matches that. Codes are good for one hour; they can write to me again."),)
        return (Text(f"{plain_name(request.name, request.person_id)} may talk to me on {request.channel} now."),)

    async def refuse(call: CommandCall) -> Reply:
        request = await pairing.take(call.rest)
        if request is None:
            return (Text("No open request matches that."),)
        return (Text(f"{plain_name(request.name, request.person_id)} stays out."),)

    async def guests(_: CommandCall) -> Reply:
        let_in = await access.guests()
        waiting = await access.pairing_requests(clock.now())
        lines = [f"{guest.channel} {guest.person_id} {plain_name(guest.name, '')}" for guest in let_in]
        if len(waiting) > ASKING_LISTED:
            lines.append(f"({len(waiting)} people ask; the newest {ASKING_LISTED} of them:)")
        lines += [
            f"(asks) {request.channel} {request.person_id} {plain_name(request.name, '')}"
            for request in waiting[-ASKING_LISTED:]
        ]
        return (Text("\n".join(lines) or "Nobody was let in by pairing yet."),)

    async def remove(call: CommandCall) -> Reply:
        words = call.rest.split()
        if len(words) != 2 or not await access.put_out(words[0], words[1]):
            return (Text("Say it as `/remove <channel> <id>`; /guests lists them."),)
        return (Text("They are out."),)

    async def serve(call: CommandCall) -> Reply:
        words = call.rest.split()
        if not words:
            lines = "\n".join(groups.lines())
            return (Text(lines or "Call me in a group, and I ask you here whether to answer there."),)
        if (
            len(words) != 3
            or words[2] not in LABELS
            or not await groups.decide(words[0], words[1], RoomAnswer(words[2]))
        ):
            return (Text("Say it as `/serve <channel> <group id> called`, `all` or `no`; `/serve` lists the groups."),)
        return (Text(DONE[RoomAnswer(words[2])]),)

    return (
        Command("serve", serve, owners_only=True),
        Command("allow", allow, owners_only=True),
        Command("refuse", refuse, owners_only=True),
        Command("guests", guests, owners_only=True),
        Command("remove", remove, owners_only=True),
    )
