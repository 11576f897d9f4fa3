"""What one read of a transport brought: inbound messages, cursor, poison events, and what waits."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.messages import Conversation, Inbound


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a transport has been read, saved in the same transaction as what was read."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Poison:
    """An event that could not be understood, kept for the operator. `raw` is its JSON text."""

    id: str
    raw: str
    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A chat that got another id, as a group does that grows into a supergroup."""

    old: Conversation
    new: Conversation


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What one read of a transport brought, with the cursor to keep once it is stored.

    `moved` names chats that got another id: what is stored follows in the same transaction. `stopped` is what a
    /stop ended before anybody began it, the /stop included: known from now on, and never worked on.
    `settle_seconds` is how long more of the same group may take to come, where a transport hands an album out
    piece by piece."""

    source: str
    inbounds: tuple[Inbound, ...] = ()
    cursor: Cursor | None = None
    poison: tuple[Poison, ...] = ()
    moved: tuple[Moved, ...] = ()
    settle_seconds: float = 0.0
    stopped: tuple[Inbound, ...] = ()


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: messages of people and others, parts to deliver, in how many conversations.

    `oldest_seconds` is how long the oldest of them has waited."""

    messages: int
    parts: int
    conversations: int
    oldest_seconds: float
