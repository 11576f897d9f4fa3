"""A state directory with a long past: finished turns, as a daemon of some years has them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from bot.core.chat import Assistant, User
from bot.core.messages import Conversation, Inbound, Person, Text
from bot.store.codec import encode
from bot.store.database import name_of
from bot.store.integrity import refuse_damage
from bot.store.lock import prepare
from bot.store.migrations import DATABASE, open_database
from tests.fakes.rows import NOON

CHATS = 200
WORDS = "What people write and what is answered has about this length, more or less. " * 3
ROWS_OF_A_TURN = 5  # one message, its two history rows, one sent part, one paid call

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :turns)"
_TURNS = (
    f"""{_NUMBERS} INSERT INTO inbox
        (source, event_id, conversation, album, origin, state, turn, attempts, arrived_at, finished_at, body)
    SELECT 'telegram', 'event ' || i, :chats ->> (i % json_array_length(:chats)), '', 'person', 'done', i, 1,
        :at + i, :at + i, :inbound FROM n""",
    f"""{_NUMBERS} INSERT INTO history (conversation, turn, at, body)
    SELECT :chats ->> (i % json_array_length(:chats)), i, :at + i, :user FROM n""",
    f"""{_NUMBERS} INSERT INTO history (conversation, turn, at, body)
    SELECT :chats ->> (i % json_array_length(:chats)), i, :at + i, :assistant FROM n""",
    f"""{_NUMBERS} INSERT INTO outbox
        (key, owner, conversation, reply_to, state, message_id, attempts, queued_at, finished_at, body)
    SELECT i || ':0', i, :chats ->> (i % json_array_length(:chats)), '', 'sent', i, 1, :at + i, :at + i, :part
    FROM n""",
    f"""{_NUMBERS} INSERT INTO spend (at, person, capability, model, microusd, billed, generation_id)
    SELECT :at + i, 'telegram:7', 'chat', 'openrouter/auto', 100, 1, 'gen ' || i FROM n""",
)


def fill(state: Path, rows: int) -> int:
    """Makes the database with so many rows, checked. Returns its size in bytes."""
    prepare(state)
    chat = Conversation("telegram", "1")
    values = {
        "turns": rows // ROWS_OF_A_TURN,
        "chats": json.dumps([name_of(Conversation("telegram", str(number))) for number in range(CHATS)]),
        "at": 1_700_000_000_000,
        "inbound": encode(Inbound("event", chat, Person("7", "Ann"), NOON, WORDS, message_id="1", private=True)),
        "user": encode(User(WORDS)),
        "assistant": encode(Assistant(WORDS)),
        "part": encode(Text(WORDS)),
    }
    path = state / DATABASE
    with closing(open_database(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for statement in _TURNS if rows else ():
            connection.execute(statement, values)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        refuse_damage(connection, path)
    return path.stat().st_size
