"""Endings of a turn: an announcement, a /stop, an apology. What its tools did stays in the history, however it ends."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from bot.agent.attempt import Thinking
from bot.core.chat import Assistant, ChatMessage, ToolResult, User
from bot.core.messages import Media, Part, Text, Turn
from bot.core.steps import Outcome
from bot.media.speakable import unmarked

NOTHING = "The model returned nothing. Please try again, or choose another with /model."
NO_WORDS = "The model says nothing about what it did:\n{results}"
STOPPED = "(stopped)"
RESULT_CHARACTERS = 200  # of each tool call, where its result is all that can be shown


def announcement(turn: Turn) -> Outcome:
    """What a finished job or a reminder says: its own words and files, without a model call."""
    reply: list[Part] = []
    note = []
    for inbound in turn.inbounds:
        if inbound.text:
            reply.append(Text(inbound.text))
            note.append(inbound.text)
        for attachment in inbound.attachments:
            if attachment.blob is not None:
                reply.append(Media(attachment.kind, attachment.blob, attachment.name, seconds=attachment.seconds))
                note.append(f"[delivered: {attachment.name}]")
    return Outcome((Assistant("\n".join(note)),), tuple(reply))


def stopped_outcome(thinking: Thinking) -> Outcome:
    """What was said until /stop, marked; parts that were already made are delivered."""
    text = f"{unmarked(thinking.text)} {STOPPED}".strip()
    return Outcome(closed(thinking, text), (Text(text), *thinking.parts))


def apology(thinking: Thinking, tell: str) -> Outcome:
    """One honest sentence, below what was already said; the person's message stays in the history."""
    text = "\n\n".join(part for part in (unmarked(thinking.text), tell) if part)
    return Outcome(closed(thinking, text), (Text(text), *thinking.parts))


def silence(thinking: Thinking) -> Outcome:
    """The end of a turn whose model said nothing: what its tools did, where they did something."""
    answers = [message for message in thinking.added if isinstance(message, Assistant)]
    calls = {call.id: call.name for answer in answers for call in answer.calls}
    results = [
        f"- {calls.get(message.call_id, 'tool')}: {' '.join(message.text.split())[:RESULT_CHARACTERS]}"
        for message in thinking.added
        if isinstance(message, ToolResult)
    ]
    return apology(thinking, NO_WORDS.format(results="\n".join(results)) if results else NOTHING)


def closed(thinking: Thinking, text: str) -> tuple[ChatMessage, ...]:
    """The history of a turn that did not finish: what the person said, each tool call that has a result, and what the
    person saw last. A call without a result is left out, because no provider takes one."""
    if not any(isinstance(message, User) for message in thinking.added):
        return ()
    kept: list[ChatMessage] = []
    for place, message in enumerate(thinking.added):
        if not isinstance(message, Assistant):
            kept.append(message)
            continue
        results = list(takewhile(lambda after: isinstance(after, ToolResult), thinking.added[place + 1 :]))
        if results:  # its words are among those of the last message
            kept.append(replace(message, text="", calls=message.calls[: len(results)]))
    return (*kept, Assistant(text))
