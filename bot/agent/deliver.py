"""DELIVER: outbox rows to the channel, in order; retry, reconcile, give up aloud.

A text on a channel without idempotency keys is delivered as a placeholder whose id is committed, then edited: an
edit can be repeated, so a crash never shows an answer twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot.agent.durable_writes import write_durably
from bot.agent.owners import ALERT
from bot.core.errors import ChannelError, MaybeSent, MediaError, NotSent, Undeliverable
from bot.core.failpoints import failpoint
from bot.core.log_events import PART_FAILED, PART_MAYBE_SENT, PART_NOT_SENT, PART_SENT, PART_UNDELIVERABLE
from bot.core.messages import Conversation, Kind, Media, Part, Text, Voice
from bot.core.ports.channel import Channel
from bot.core.ports.clock import Clock
from bot.core.ports.store import Outbox
from bot.core.steps import Due
from bot.core.trace import turn_of, working_for

log = logging.getLogger(__name__)

PLACEHOLDER = "…"
UNDELIVERABLE = (
    "I could not deliver {what} in {where}, and gave it up. {tell} The log says more: look for part.undeliverable."
)
BROKEN = "Something failed on my side."
SECONDS_BETWEEN_TRIES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
UNSURE_SECONDS = 1_800.0  # how long a text is repeated whose arrival stays unsure; the chat waits meanwhile
UNCONFIRMED = "I could not confirm that it arrived."
NOTICE = ":notice"
FORM_TRIES = 3  # of a part that fails by an unforeseen exception


class Deliverer:
    """Sends what is due in a conversation until nothing is, waiting out what passes."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        channels: Mapping[str, Channel],
        clock: Clock,
        alert: Callable[[str, str], Awaitable[None]],
        wake: Callable[[Conversation], None] = lambda conversation: None,
    ) -> None:
        """`wake` takes the conversation that a chat moved to; `alert` a kind of trouble with a sentence for owners."""
        self._outbox, self._channels, self._clock, self._wake = outbox, channels, clock, wake
        self._alert = alert
        self._unsure_since: dict[str, float] = {}

    async def deliver_all(self, conversation: Conversation) -> None:
        """Returns when the conversation has nothing more to deliver.

        Rows of a channel that is not connected wait until it is back."""
        while (due := await self._outbox.next_due(conversation)) is not None:
            channel = self._channels.get(conversation.channel)
            if channel is None:
                return
            with working_for(turn_of(due.key)):
                wait = await self._deliver(channel, due)
            if wait:
                await self._clock.sleep(wait)

    async def _deliver(self, channel: Channel, due: Due) -> float:
        """Tries one part once; returns how many seconds to wait before the next look."""
        try:
            message_id = await self._send(channel, due)
        except NotSent as error:
            await self._put_back(due, maybe_sent=due.maybe_sent)
            log.info(PART_NOT_SENT, extra=_again(channel, due, error) | {"throttled": error.retry_after is not None})
            return error.retry_after if error.retry_after is not None else pause(due.attempts)
        except MaybeSent as error:
            return await self._unsure(channel, due, error)
        except Undeliverable as error:
            if error.moved_to and error.moved_to != due.target.conversation.chat:
                return await self._move(due.target.conversation, error.moved_to)
            return await self._give_up(due, error)
        except MediaError as error:
            return await self._give_up(due, Undeliverable(str(error), tell="The file is gone."))
        except Exception:  # the door of delivery: one broken part must not close a conversation
            log.exception(PART_FAILED, extra={"key": due.key, "attempt": due.attempts + 1})
            if due.attempts + 1 >= FORM_TRIES:
                return await self._give_up(due, Undeliverable("it failed for a reason in the log", tell=BROKEN))
            await self._put_back(due, maybe_sent=True)
            return pause(due.attempts)
        failpoint("sent.after")
        if not isinstance(due.part, Text):
            failpoint("media.after")
        await write_durably(lambda: self._outbox.mark_sent(due.key, message_id), self._clock)
        self._unsure_since.pop(due.key, None)
        log.info(PART_SENT, extra={"key": due.key, "attempt": due.attempts + 1})
        return 0.0

    async def _send(self, channel: Channel, due: Due) -> str:
        """The id of the message that now shows the part."""
        begun = asyncio.ensure_future(write_durably(lambda: self._outbox.begin_sending(due.key), self._clock))
        if due.message_id and isinstance(due.part, Text):
            try:  # an edit can be repeated: it need not wait until its beginning is written down
                return await self._edit(channel, due, due.message_id, due.part)
            except Undeliverable as error:
                if error.gone or error.moved_to:
                    raise
                log.info("placeholder.gone", extra={"key": due.key})  # a person deleted it: the text goes out anew
            finally:
                await begun
        await begun
        if not isinstance(due.part, Text):
            sent = await channel.send(due.target, due.part, key=due.key, maybe_sent=due.maybe_sent)
            return sent.message_id
        if channel.limits.keyed or channel.limits.seconds_between_edits is None or due.part.choices:
            sent = await channel.send(due.target, due.part, key=due.key, maybe_sent=due.maybe_sent)
            return sent.message_id
        placeholder = await channel.send(due.target, Text(PLACEHOLDER), key=due.key)
        failpoint("placeholder.after")
        await write_durably(lambda: self._outbox.hold_place(due.key, due.target, placeholder.message_id), self._clock)
        return await self._edit(channel, due, placeholder.message_id, due.part)

    async def _edit(self, channel: Channel, due: Due, message_id: str, text: Text) -> str:
        await channel.edit(due.target, message_id, text)
        return message_id

    async def _unsure(self, channel: Channel, due: Due, error: MaybeSent) -> float:
        """It may have arrived. Text is repeated for half an hour, because its repetition is harmless; media once."""
        log.warning(PART_MAYBE_SENT, extra=_again(channel, due, error))
        harmless = isinstance(due.part, Text) or channel.limits.keyed
        since = self._unsure_since.setdefault(due.key, self._clock.monotonic())
        too_long = self._clock.monotonic() - since >= UNSURE_SECONDS
        if too_long or (due.maybe_sent and not harmless):
            return await self._give_up(due, Undeliverable(str(error), tell=UNCONFIRMED))
        await self._put_back(due, maybe_sent=True)
        return pause(due.attempts)

    async def _move(self, old: Conversation, chat: str) -> float:
        """The chat has another id now, and everything follows it there."""
        new = replace(old, chat=chat)
        log.warning("conversation.moved", extra={"conversation": str(old), "now": str(new)})
        await write_durably(lambda: self._outbox.move_conversation(old, new), self._clock)
        self._wake(new)
        return 0.0

    async def _give_up(self, due: Due, error: Undeliverable) -> float:
        log.error(PART_UNDELIVERABLE, extra={"key": due.key, "gone": error.gone, "why": str(error)})
        await write_durably(lambda: self._outbox.bury(due.key, str(error)), self._clock)
        self._unsure_since.pop(due.key, None)
        if due.key.startswith(ALERT) or NOTICE in due.key:  # else one refusal would bring forth the next
            return 0.0
        if not error.gone:
            notice = Text(f"I could not deliver {what(due.part)}. {error.tell}")
            await write_durably(lambda: self._outbox.post(f"{due.key}{NOTICE}", due.target, (notice,)), self._clock)
        where = due.target.conversation  # not the platform's own words: they may hold a secret
        await self._alert(
            f"undeliverable:{where}", UNDELIVERABLE.format(what=what(due.part), where=where, tell=error.tell)
        )
        return 0.0

    async def _put_back(self, due: Due, *, maybe_sent: bool) -> None:
        await write_durably(lambda: self._outbox.put_back(due.key, maybe_sent=maybe_sent), self._clock)


def _again(channel: Channel, due: Due, error: ChannelError) -> dict[str, object]:
    return {"key": due.key, "of": channel.name, "attempt": due.attempts + 1, "why": str(error)}


def pause(attempts: int) -> float:
    """Seconds until the next try."""
    return SECONDS_BETWEEN_TRIES[min(attempts, len(SECONDS_BETWEEN_TRIES) - 1)]


def what(part: Part) -> str:
    """A part in a person's words."""
    match part:
        case Text():
            return "a message"
        case Voice():
            return "the voice note"
        case Media(kind=Kind.PICTURE):
            return "the picture"
        case Media(kind=Kind.VIDEO):
            return "the clip"
        case Media(kind=Kind.AUDIO | Kind.VOICE):
            return "the song"
        case Media():
            return "the file"
