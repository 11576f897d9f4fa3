"""Group access: rooms that an owner calls the bot from, asked about once by a private card and kept in the store.

The configuration's own rooms always win. What an owner answered holds without a restart.
"""

from __future__ import annotations

import json
import logging
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.agent.owners import Owners
from bot.agent.policy.access import AccessRules, RoomRules
from bot.core.arrivals import Cursor
from bot.core.messages import Choice, Conversation, Inbound, Target, Text
from bot.core.ports.clock import Clock
from bot.core.ports.store import Cursors, Outbox
from bot.media.names import plain_name

log = logging.getLogger(__name__)

ASK_AGAIN = timedelta(days=1)
CARD = (
    "You called me in {place}, where I do not answer yet. Shall I? (In a file: channels.{channel}.{key} names {room}.)"
)
KEYS = {"telegram": "groups", "discord": "guilds"}


class RoomAnswer(StrEnum):
    """What an owner decided about a room. `ASKED` is no decision yet."""

    CALLED = "called"
    ALL = "all"
    NO = "no"
    ASKED = "asked"


LABELS = {
    RoomAnswer.CALLED: "Answer when called",
    RoomAnswer.ALL: "Answer everything",
    RoomAnswer.NO: "No",
}
DONE = {
    RoomAnswer.CALLED: "I answer there from now on when I am called: by name, by a reply to me, or by a command.",
    RoomAnswer.ALL: "I answer everything there from now on.",
    RoomAnswer.NO: "I stay silent there. `/serve` changes that at any time.",
}


class GroupAccess:
    """The rooms of every channel: those of the configuration, and those that owners decided about. `doors` are the
    access rules that hold; `load` reads what was kept."""

    def __init__(
        self,
        doors: Mapping[str, AccessRules],
        *,
        cursors: Cursors,
        outbox: Outbox,
        clock: Clock,
        wake: Callable[[Conversation], None],
    ) -> None:
        self._cursors, self._outbox, self._clock, self._wake = cursors, outbox, clock, wake
        self._decided: dict[str, dict[str, tuple[RoomAnswer, str, datetime]]] = {name: {} for name in doors}
        self._rules: dict[str, dict[str, RoomRules]] = {name: {} for name in doors}
        self.doors = {
            name: replace(door, rooms=ChainMap(dict(door.rooms), self._rules[name])) for name, door in doors.items()
        }

    @classmethod
    async def loaded(cls, doors: Mapping[str, AccessRules], **ports: Any) -> GroupAccess:
        """With the decisions that were kept. Raises `StoreUnavailable`."""
        groups = cls(doors, **ports)
        await groups.load()
        return groups

    async def load(self) -> None:
        """Reads the decisions. Raises `StoreUnavailable`."""
        for channel in self._decided:
            kept = json.loads(await self._cursors.cursor(_cursor(channel)) or "{}")
            for room, (answer, name, since) in kept.items():
                self._keep(channel, room, RoomAnswer(answer), name, datetime.fromisoformat(since))

    async def ask(self, inbound: Inbound, owners: Owners) -> bool:
        """Asks the owner who called the bot from a room that is not served, once a day until they decided; returns
        whether it asked. Raises `StoreUnavailable`."""
        channel, now = inbound.conversation.channel, self._clock.now()
        if inbound.sender.id not in self.doors[channel].owners or not inbound.to_me:
            return False
        answer, _, since = self._decided[channel].get(inbound.room, (RoomAnswer.ASKED, "", datetime.min))
        if answer is not RoomAnswer.ASKED or (since != datetime.min and now - since < ASK_AGAIN):
            return False
        to = Target(await owners.chat(channel, inbound.sender.id))
        card = room_card(channel, inbound.room, inbound.room_name)
        await self._outbox.post(f"room:{channel}:{inbound.room}:{now.isoformat()}", to, (card,))
        await self._save(channel, inbound.room, RoomAnswer.ASKED, inbound.room_name)
        self._wake(to.conversation)
        log.info("room.asked", extra={"channel": channel, "room": inbound.room})
        return True

    async def decide(self, channel: str, room: str, answer: RoomAnswer) -> bool:
        """Keeps a decision; False for a channel that does not exist. Raises `StoreUnavailable`."""
        if channel not in self._decided:
            return False
        _, name, _ = self._decided[channel].get(room, (answer, "", datetime.min))
        await self._save(channel, room, answer, name)
        return True

    async def move(self, channel: str, old: str, new: str) -> None:
        """A decision follows a group that the platform gave another id."""
        if old in self._decided[channel]:
            answer, name, _ = self._decided[channel][old]
            await self._save(channel, new, answer, name)

    def lines(self) -> Iterator[str]:
        """The rooms that were decided about, a line each."""
        for channel, rooms in self._decided.items():
            for room, (answer, name, _) in rooms.items():
                yield f"{channel} {room} {answer.value} {plain_name(name, '')}".strip()

    async def _save(self, channel: str, room: str, answer: RoomAnswer, name: str) -> None:
        now = self._clock.now()
        kept = {**self._decided[channel], room: (answer, name, now)}
        written = {key: (answer.value, name, since.isoformat()) for key, (answer, name, since) in kept.items()}
        await self._cursors.save_cursor(Cursor(_cursor(channel), json.dumps(written)))
        self._keep(channel, room, answer, name, now)

    def _keep(self, channel: str, room: str, answer: RoomAnswer, name: str, since: datetime) -> None:
        self._decided[channel][room] = (answer, name, since)
        self._rules[channel].pop(room, None)
        if answer in (RoomAnswer.CALLED, RoomAnswer.ALL):
            self._rules[channel][room] = RoomRules(require_mention=answer is RoomAnswer.CALLED)


def room_card(channel: str, room: str, name: str) -> Text:
    """What an owner sees who called the bot from a room that is not served."""
    place = f"“{plain_name(name)}” ({channel}, {room})" if name else f"a group on {channel} ({room})"
    return Text(
        CARD.format(place=place, channel=channel, key=KEYS.get(channel, "groups"), room=room),
        tuple(Choice(label, f"/serve {channel} {room} {answer}") for answer, label in LABELS.items()),
    )


def _cursor(channel: str) -> str:
    return f"rooms:{channel}"
