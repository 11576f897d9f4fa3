"""Access by allowlist and pairing: identity first, then scope, then the model.

Ids are the platform's numeric ids; names never match. A missing allowlist admits no person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.messages import Inbound, Kind

EVERYONE = "*"


class DmPolicy(StrEnum):
    """How private chats are admitted. `open` counts only with "*" written out in the allowlist."""

    PAIRING = "pairing"
    ALLOWLIST = "allowlist"
    OPEN = "open"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class RoomRules:
    """A group or server that is served. `allow_from` None means the people whom the channel's own list allows.

    `channels` are the only channels of a server that are served, each by its own rules; None means all of them.
    `prompt` goes into the system prompt there."""

    require_mention: bool = True
    allow_from: frozenset[str] | None = None
    prompt: str = ""
    channels: Mapping[str, RoomRules] | None = None


@dataclass(frozen=True, slots=True)
class AccessRules:
    """One channel's access rules. The local web page is an open door: its token was checked already."""

    dm: DmPolicy = DmPolicy.PAIRING
    allow_from: frozenset[str] = frozenset()
    rooms: Mapping[str, RoomRules] = field(default_factory=dict)
    owners: frozenset[str] = frozenset()
    bots: bool = False
    guests_in_rooms: bool = False

    def room(self, inbound: Inbound) -> RoomRules | None:
        """The rules of the room a message came from: of its channel, of its server or group, of "*"; None where it
        is not served."""
        room = self.rooms.get(inbound.room) or self.rooms.get(EVERYONE)
        if room is None or room.channels is None:
            return room
        return room.channels.get(inbound.conversation.chat) or room.channels.get(EVERYONE)


class Verdict(StrEnum):
    """What becomes of a message. The value is the reason in the log."""

    ADMIT = "admitted"
    PAIR = "unknown sender, offered pairing"
    STRANGER = "sender not on the allowlist"
    CLOSED = "private chats are disabled"
    ROOM = "room not served"
    QUIET = "not addressed to me"
    BOT = "sent by a bot"


def judge(door: AccessRules, inbound: Inbound, *, guest: bool) -> Verdict:
    """Whether this message is for us to answer. `guest` says that its sender was let in by pairing, which opens
    private chats and, where `guests_in_rooms`, rooms without an allowlist of their own."""
    if inbound.sender.is_bot and not door.bots:
        return Verdict.BOT
    if inbound.private:
        return _judge_private(door, inbound.sender.id, guest)
    return _judge_room(door, inbound, guest)


def _judge_private(door: AccessRules, person: str, guest: bool) -> Verdict:
    if door.dm is DmPolicy.DISABLED:
        return Verdict.CLOSED
    if known(door, person) or (door.dm is DmPolicy.OPEN and EVERYONE in door.allow_from):
        return Verdict.ADMIT
    if door.dm is DmPolicy.PAIRING:
        return Verdict.ADMIT if guest else Verdict.PAIR
    return Verdict.STRANGER


def _judge_room(door: AccessRules, inbound: Inbound, guest: bool) -> Verdict:
    room = door.room(inbound)
    if room is None:
        return Verdict.ROOM
    person = inbound.sender.id
    allowed = door.allow_from if room.allow_from is None else room.allow_from
    let_in = guest and door.guests_in_rooms and room.allow_from is None
    if not (let_in or person in allowed or EVERYONE in allowed or person in door.owners):
        return Verdict.STRANGER
    if meant_for_me(door, inbound) or _may_be_spoken_to_me(inbound):
        return Verdict.ADMIT
    return Verdict.QUIET


def known(door: AccessRules, person: str) -> bool:
    """Whether a person is named by the operator."""
    return person in door.owners or person in door.allow_from


def meant_for_me(door: AccessRules, inbound: Inbound) -> bool:
    """Whether a message calls for an answer before anybody listened to it: it is addressed, or need not be there."""
    room = door.room(inbound)
    return inbound.to_me or (room is not None and not room.require_mention)


def _may_be_spoken_to_me(inbound: Inbound) -> bool:
    """A voice note may name the bot in speech: only its transcript can tell."""
    return any(attachment.kind is Kind.VOICE for attachment in inbound.attachments)


def mentions(text: str, names: tuple[str, ...]) -> bool:
    """Whether speech names the bot, as whole words in any case."""
    words = f" {' '.join(''.join(c if c.isalnum() else ' ' for c in text.casefold()).split())} "
    return any(f" {' '.join(name.casefold().replace('_', ' ').split())} " in words for name in names if name)
