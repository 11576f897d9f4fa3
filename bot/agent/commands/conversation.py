"""Commands about this conversation: start over, take back, try again."""

from __future__ import annotations

from dataclasses import replace

from bot.agent.commands.command import Command, Said
from bot.core.messages import Reply, Text
from bot.core.ports import History, Inbox, Sessions
from bot.core.work import Arrivals

LOOK_BACK = 10


def conversation_commands(*, inbox: Inbox, history: History, sessions: Sessions) -> tuple[Command, ...]:
    """The commands that change what was said."""

    async def new(said: Said) -> Reply:
        conversation = said.turn.conversation
        since = await sessions.newest_row(conversation)
        await sessions.save_session(conversation, replace(said.turn.session, since=since))
        return (Text("A fresh start: I have put the conversation so far aside."),)

    async def undo(said: Said) -> Reply:
        gone = await history.forget_turns(said.turn.conversation, turns=1)
        return (Text("I have forgotten your last message and my answer." if gone else "There is nothing to undo."),)

    async def retry(said: Said) -> Reply:
        conversation = said.turn.conversation
        for inbound in await inbox.recent(conversation, limit=LOOK_BACK):
            if not inbound.text.startswith("/"):
                again = replace(inbound, id=f"retry:{said.turn.id}", group="")
                await inbox.accept(Arrivals("retry", (again,)))
                return ()
        return (Text("There is nothing to try again."),)

    return (Command("new", new), Command("retry", retry), Command("undo", undo))
