"""What several updates bring, whichever way they came: what can be read, and the rest set aside."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from bot.core.arrivals import Arrivals, Moved, Poison
from bot.core.messages import Conversation, Inbound
from channels.telegram.descriptions import UNREADABLE
from channels.telegram.inbound import Me, moved, read_update

log = logging.getLogger(__name__)

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")


def source_of(me: Me) -> str:
    """Where the updates of this bot come from: the same, polled or pushed, so that none is taken twice."""
    return f"telegram:{me.id}"


def read_batch(updates: Sequence[dict[str, Any]], me: Me, now: datetime) -> Arrivals:
    """The updates by their ids. One that is unreadable never holds up the others. `now` dates pressed buttons."""
    inbounds: list[Inbound] = []
    poison: list[Poison] = []
    moves: list[Moved] = []
    for update in sorted(updates, key=update_id):
        try:
            if change := moved(update):
                log.warning("chat.moved", extra={"chat": change[0], "now": change[1]})
                moves.append(Moved(Conversation("telegram", change[0]), Conversation("telegram", change[1])))
            _log_membership(update)
            inbound = read_update(update, me, now)
        except UNREADABLE as error:
            poison.append(_poison(update, error))
        else:
            if inbound is not None:
                inbounds.append(inbound)
    return Arrivals(source_of(me), tuple(inbounds), poison=tuple(poison), moved=tuple(moves))


def update_id(update: object) -> int:
    """-1 for what is not an update at all."""
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else -1


def acknowledge(update: object, answer: Callable[[str], None]) -> None:
    """Stops the spinner on a pressed button."""
    query = update.get("callback_query") if isinstance(update, dict) else None
    if isinstance(query, dict) and isinstance(query.get("id"), str):
        answer(query["id"])


def _poison(update: object, error: Exception) -> Poison:
    raw = json.dumps(update)
    number = update_id(update)
    event_id = str(number) if number >= 0 else hashlib.sha256(raw.encode()).hexdigest()[:16]
    log.warning("update.unreadable", extra={"update": event_id, "error": type(error).__name__})
    return Poison(event_id, raw, f"{type(error).__name__}: {error}")


def _log_membership(update: dict[str, Any]) -> None:
    if member := update.get("my_chat_member"):
        fields = {"chat": member["chat"]["id"], "status": member["new_chat_member"]["status"]}
        log.info("chat.membership", extra=fields)
