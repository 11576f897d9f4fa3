"""Every named query is used, every used name exists, and SQLite understands each of them."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import bot.store
from bot.store.database import QUERIES, load_queries
from bot.store.migrations import open_database

FOLDER = Path(bot.store.__file__).parent
_PARAMETER = re.compile(r":(\w+)")
# Reads of a working turn: none of them may go through a whole table.
HOT = (
    "first_open", "claim_one", "claim_album", "finish_turn", "release_turn", "turn_steps", "newest_history",
    "newest_row", "next_due", "begin_sending", "mark_sent", "bury_drafts", "was_mine", "placeholder", "reminder_exists",
    "discard_waiting", "recent_messages", "knows_event", "summary", "begin_summary",
)  # fmt: skip
# Metrics, status and the start ask for these, however many rows are finished.
GAUGES = ("waiting_messages", "waiting_parts", "unfinished_conversations", "recover_inbox", "recover_outbox")


def test_every_query_has_its_comment_and_its_own_name() -> None:
    text = (FOLDER / "queries.sql").read_text(encoding="utf-8")

    assert len(load_queries()) == len(re.findall(r"^-- name: ", text, re.MULTILINE))


def test_every_query_is_used() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))

    unused = [name for name in QUERIES if not name.startswith("sweep_") and f'"{name}"' not in code]

    assert unused == []


@pytest.mark.parametrize("name", QUERIES)
def test_sqlite_understands(name: str, tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "db")) as connection:
        explain(connection, name)


@pytest.mark.parametrize("name", HOT)
def test_a_query_of_a_working_turn_never_reads_a_whole_table(name: str, tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "db")) as connection:
        plan = explain(connection, name)

    assert [line for line in plan if re.search(r"\bSCAN (?!CONSTANT)", line)] == []


@pytest.mark.parametrize("name", GAUGES)
def test_what_waits_is_counted_without_a_look_at_what_is_finished(name: str, tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "db")) as connection:
        plan = explain(connection, name)

    walks = [line for line in plan if line.startswith(("SCAN", "SEARCH"))]
    assert walks
    assert [line for line in walks if not re.search(r" INDEX (inbox_open|outbox_due)\b", line)] == []


def explain(connection: sqlite3.Connection, name: str) -> list[str]:
    values = dict.fromkeys(_PARAMETER.findall(QUERIES[name]), 1)
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {QUERIES[name]}", values)]
