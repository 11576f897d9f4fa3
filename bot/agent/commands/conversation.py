"""Commands about this conversation: start over, take back, try again."""

from __future__ import annotations

from dataclasses import replace

from bot.agent.commands.command import Command, CommandCall
from bot.core.arrivals import Arrivals
from bot.core.messages import Reply, Text
from bot.core.ports.store import History, Inbox, Sessions

NOTHING_TO_RETRY = "There is nothing to try again."
LOOK_BACK = 20  # an album has up to ten messages


def conversation_commands(*, inbox: Inbox, history: History, sessions: Sessions) -> tuple[Command, ...]:
    """The commands that change what was said."""

    async def new(call: CommandCall) -> Reply:
        conversation = call.turn.conversation
        since = await sessions.newest_row(conversation)
        await sessions.save_session(conversation, replace(call.turn.session, since=since))
        return (Text("A fresh start: I have put the conversation so far aside."),)

    async def undo(call: CommandCall) -> Reply:
        gone = await history.forget_turns(call.turn.conversation, turns=1)
        return (Text("I have forgotten your last message and my answer." if gone else "There is nothing to undo."),)

    async def retry(call: CommandCall) -> Reply:
        recent = await inbox.recent(call.turn.conversation, limit=LOOK_BACK)
        person = call.turn.inbounds[-1].sender.id  # of a room each retries, and pays for, their own message
        own = [inbound for inbound in recent if inbound.sender.id == person]
        last = next((inbound for inbound in own if not inbound.text.startswith("/")), None)
        if last is None:
            return (Text("There is nothing of yours to try again." if recent != tuple(own) else NOTHING_TO_RETRY),)
        whole = [one for one in reversed(own) if one is last or (last.group and one.group == last.group)]
        name = f"retry:{call.turn.id}"
        again = [replace(one, id=f"{name}:{place}", group=name) for place, one in enumerate(whole)]
        await inbox.accept(Arrivals("retry", tuple(again)))
        return ()

    return (Command("new", new), Command("retry", retry), Command("undo", undo))
