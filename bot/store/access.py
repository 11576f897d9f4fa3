"""Access control as rows: guests, and pairing requests with their rate limit.

Functions on an open transaction of the writer thread.
"""

from __future__ import annotations

from bot.core.people import Guest, PairingRequest
from bot.store.codec import decode, encode
from bot.store.database import Database, milliseconds

_ASK_AGAIN_AFTER = 3_600_000  # milliseconds: one request an hour, also after it was answered


def guest(database: Database, channel: str, person_id: str) -> Guest | None:
    """The guest with this id."""
    row = database.one("guest", channel=channel, person_id=person_id)
    return decode(row[0], Guest) if row else None


def guests(database: Database) -> tuple[Guest, ...]:
    """All guests in the order they came."""
    return tuple(decode(body, Guest) for (body,) in database.all("guests"))


def let_in(database: Database, newcomer: Guest) -> None:
    """The guest, new or renamed."""
    database.run("let_in", channel=newcomer.channel, person_id=newcomer.person_id, body=encode(newcomer))


def put_out(database: Database, channel: str, person_id: str) -> bool:
    """False when there was no such guest."""
    return database.run("put_out", channel=channel, person_id=person_id) == 1


def ask_in(database: Database, request: PairingRequest, now: int, cap: int) -> bool:
    """False when this person asked within the hour, or `cap` requests of the channel are open."""
    stored = database.run(
        "ask_in",
        code_hash=request.code_hash,
        channel=request.channel,
        person_id=request.person_id,
        expires=milliseconds(request.expires),
        now=now,
        lately=now - _ASK_AGAIN_AFTER,
        cap=cap,
        body=encode(request),
    )
    return stored == 1


def pairing_requests(database: Database, now: int) -> tuple[PairingRequest, ...]:
    """Open requests, oldest first."""
    return tuple(decode(body, PairingRequest) for (body,) in database.all("pairing_requests", now=now))


def take_request(database: Database, now: int, code_hash: str, channel: str, person_id: str) -> PairingRequest | None:
    """The open request with this code, or of this person, which is then no longer open."""
    if not code_hash and not (channel and person_id):
        return None  # neither a code nor a person: nothing may match
    row = database.one("take_request", now=now, code_hash=code_hash, channel=channel, person_id=person_id)
    return decode(row[0], PairingRequest) if row else None
