"""Owner alerts: where the owners are reached, and what they hear once in six hours."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from bot.agent.policy.access import AccessRules
from bot.core.arrivals import Cursor
from bot.core.errors import KeyRefused, OutOfCredit, StoreUnavailable, VoxlineError
from bot.core.messages import Conversation, Inbound, Target, Text
from bot.core.ports.clock import Clock
from bot.core.ports.store import Cursors, Outbox

log = logging.getLogger(__name__)

SILENCE = timedelta(hours=6)
ALERT = "alert:"  # begins the key of every alert
# What only an owner can mend. Subclasses, as a budget that is used up, are no trouble.
TROUBLES: dict[type[VoxlineError], str] = {
    KeyRefused: "The provider refused my key, or I have none: I can answer nobody. Sign in with `voxline onboard`.",
    OutOfCredit: "The model account is out of credit, so I cannot answer. Top it up at https://openrouter.ai/credits.",
}


def owners_sentence(error: VoxlineError) -> str:
    """What owners read about an error; "" when they need not hear of it."""
    return TROUBLES.get(type(error), "")


class Owners:
    """Posts to the owners. `wake` makes sure that what was posted is sent."""

    def __init__(
        self,
        *,
        doors: Mapping[str, AccessRules],
        cursors: Cursors,
        outbox: Outbox,
        clock: Clock,
        wake: Callable[[Conversation], None],
    ) -> None:
        self._doors, self._cursors, self._outbox = doors, cursors, outbox
        self._clock, self._wake = clock, wake
        self._chats: dict[str, str] = {}
        self._kept_back: Counter[str] = Counter()
        self._alerting = asyncio.Lock()

    async def remember(self, inbound: Inbound) -> None:
        """Notes the private chat of an owner: on some platforms its id is not the person's id."""
        channel, person = inbound.conversation.channel, inbound.sender.id
        name, chat = _cursor(channel, person), inbound.conversation.chat
        if not inbound.private or person not in self._doors[channel].owners or self._chats.get(name) == chat:
            return
        await self._cursors.save_cursor(Cursor(name, chat))
        self._chats[name] = chat

    async def chat(self, channel: str, person: str) -> Conversation:
        """Where an owner is reached: the private chat, else the chat that has the person's id."""
        return Conversation(channel, await self._cursors.cursor(_cursor(channel, person)) or person)

    async def alert_about(self, error: VoxlineError, *, elsewhere_than: Conversation | None = None) -> None:
        """Alerts owners to an error that only they can mend; a no-op for any other. Never raises."""
        if text := owners_sentence(error):
            await self.alert(type(error).__name__, text, elsewhere_than=elsewhere_than)

    async def alert(self, kind: str, text: str, *, elsewhere_than: Conversation | None = None) -> None:
        """Posts to every owner, once in six hours for each `kind`; the next one says how many were kept back. Not to
        the chat `elsewhere_than`, where it is read already. Never raises: an alert is not worth a failure."""
        async with self._alerting:  # the look at the last time and the note of this one belong together
            await self._alert(kind, text, elsewhere_than)

    async def _alert(self, kind: str, text: str, elsewhere_than: Conversation | None) -> None:
        now = self._clock.now()
        try:
            if not _is_due(await self._cursors.cursor(f"alert:{kind}"), now):
                self._kept_back[kind] += 1
                return
            if kept_back := self._kept_back[kind]:
                text = f"{text} (This happened {kept_back} more times since I last wrote about it.)"
            for channel, person in self._everybody():
                to = Target(await self.chat(channel, person))
                if to.conversation == elsewhere_than:
                    continue
                await self._outbox.post(f"{ALERT}{kind}:{now.isoformat()}:{channel}:{person}", to, (Text(text),))
                self._wake(to.conversation)
            await self._cursors.save_cursor(Cursor(f"alert:{kind}", now.isoformat()))
        except StoreUnavailable as error:
            log.warning("owner.not_told", extra={"kind": kind, "why": str(error)})
        else:
            self._kept_back.pop(kind, None)
            log.warning("owner.told", extra={"kind": kind})

    def _everybody(self) -> Iterator[tuple[str, str]]:
        for channel, door in self._doors.items():
            for person in sorted(door.owners):
                yield channel, person


def _cursor(channel: str, person: str) -> str:
    return f"owner:{channel}:{person}"


def _is_due(last: str, now: datetime) -> bool:
    """Also after the clock was set back."""
    return not last or abs(now - datetime.fromisoformat(last)) >= SILENCE
