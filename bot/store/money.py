"""Spending as rows, deduplicated by the generation id of the provider.

Functions on an open transaction of the writer thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.spending import Capability, Spend
from bot.store.database import Database


def record(database: Database, spend: Sequence[Spend], now: int) -> None:
    """Keeps each paid call; one that the provider named is counted once."""
    for paid in spend:
        database.run(
            "record_spend",
            now=now,
            person=paid.person,
            capability=paid.capability.value,
            model=paid.model,
            microusd=paid.cost_microusd,
            billed=paid.billed,
            generation_id=paid.generation_id,
        )


def unpriced(database: Database, since: int, capability: str) -> tuple[Spend, ...]:
    """The calls since then that have a generation id and no price yet, oldest first."""
    rows = database.all("unpriced", since=since, capability=capability)
    return tuple(Spend(person, Capability(kind), model, None, generation_id=call) for person, kind, model, call in rows)


def spent(database: Database, since: int, person: str, capability: str) -> int:
    """Micro-dollars since then; calls without a price count nothing."""
    return int(database.one("spent", since=since, person=person, capability=capability)[0])
