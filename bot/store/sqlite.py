"""The store port on SQLite: every slice of `bot.core.ports.store` in one class, on one file.

Each method is one transaction. What it does is in the module of its slice; how it is committed, in
`writer.py`. Writes raise `StoreUnavailable` when nothing could be written.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.core.arrivals import Arrivals, Backlog, Cursor
from bot.core.errors import StateError, StoreUnavailable
from bot.core.history import HistoryRow, Summary
from bot.core.jobs import Job, Reminder
from bot.core.messages import Blob, Conversation, Inbound, Part, Reply, Session, Target, Turn
from bot.core.page_entries import PageEntry
from bot.core.people import Guest, PairingRequest
from bot.core.ports.channel import Health
from bot.core.ports.clock import Clock
from bot.core.spending import Capability, Spend
from bot.core.steps import Due, Outcome, Step
from bot.store import access, backlog, inbox, integrity, jobs, money, moves, outbox, page_log, reminders, turns
from bot.store.backup import back_up
from bot.store.blobs import BlobShelf
from bot.store.database import Database, milliseconds
from bot.store.writer import Writer

_SWEEPS = ("steps", "inbox", "outbox", "jobs", "poison", "pairing", "page")
_SWEEP_AT_ONCE = 500


class SqliteStore:
    """Made by `bot.store.open_store`."""

    def __init__(self, path: Path, writer: Writer, shelf: BlobShelf, clock: Clock, clean: Callable[[str], str]) -> None:
        self._path, self._writer, self._shelf, self._clock, self._clean = path, writer, shelf, clock, clean
        self._damage = ""

    def _now(self) -> int:
        return milliseconds(self._clock.now())

    # --- health --------------------------------------------------------------------------------

    async def ping(self) -> Health:
        """Whether the writer thread answers and the last write was taken."""
        if self._writer.refusing:  # ask anew: space may have returned
            await asyncio.gather(
                self._writer.write("", _save_cursor, "store.ping", str(self._now())), return_exceptions=True
            )
        if reason := self._damage or self._writer.refusing:
            return Health(False, reason)
        await self._writer.read(_touch)
        return Health(True, f"SQLite database {self._path}")

    def alive(self, within_seconds: float = 30.0) -> bool:
        """For a watchdog, without waiting: the writer thread lives and does not hang."""
        return self._writer.alive(within_seconds)

    async def check(self) -> None:
        """Checks every page beside the running work. Raises `StateError` for a damaged database; from then on nothing
        is accepted, and `ping` says the same words."""
        try:
            await integrity.check(self._path)
        except StateError as error:
            self._damage = str(error)
            raise

    async def open_conversations(self) -> tuple[Conversation, ...]:
        """Conversations with something to do or to deliver; nothing is changed."""
        return await self._writer.read(backlog.open_conversations)

    async def backlog(self) -> Backlog:
        """What waits."""
        return await self._writer.read(backlog.backlog, self._now())

    async def waiting(self, conversation: Conversation) -> int:
        """How many messages of people wait in a conversation."""
        return await self._writer.read(backlog.waiting, conversation)

    async def spent_by_capability(self, since: datetime) -> dict[Capability, int]:
        """Micro-dollars since then, for each capability that was used."""
        return await self._writer.read(backlog.spent_by_capability, milliseconds(since))

    async def back_up(self, file: Path) -> None:
        """Writes a whole copy of the database, as it is at this moment, to a new file. Raises `StateError`."""
        await asyncio.to_thread(back_up, self._path, file)

    # --- inbox ---------------------------------------------------------------------------------

    async def accept(self, arrivals: Arrivals) -> tuple[Inbound, ...]:
        if self._damage:
            raise StoreUnavailable(self._damage)
        return await self._writer.write("c1", inbox.accept, arrivals, self._now())

    async def knows(self, source: str, inbound_id: str) -> bool:
        return await self._writer.read(inbox.knows, source, inbound_id)

    async def claim(self, conversation: Conversation) -> Turn | None:
        claiming = self._writer.write("c2", inbox.claim, conversation, self._clock.now())
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            claiming.add_done_callback(self._give_back)  # no caller is left to run the turn
            raise

    async def release(self, turn: Turn) -> None:
        await self._writer.write("", inbox.release, turn)

    async def finish(self, turn: Turn, outcome: Outcome) -> bool:
        cleaned = replace(outcome, note=self._clean(outcome.note))
        return await self._writer.write("c4", inbox.finish, turn, cleaned, self._now())

    async def discard_waiting(self, conversation: Conversation) -> int:
        return await self._writer.write("", inbox.discard_waiting, conversation, self._now())

    async def recent(self, conversation: Conversation, *, limit: int) -> tuple[Inbound, ...]:
        return await self._writer.read(inbox.recent, conversation, limit)

    async def unfinished(self) -> tuple[Conversation, ...]:
        """Called once at the start: no turn of this process may run yet."""
        return await self._writer.write("", inbox.unfinished)

    def _give_back(self, claiming: asyncio.Future[Turn | None]) -> None:
        turn = None if claiming.cancelled() or claiming.exception() else claiming.result()
        if turn is not None and not self._writer.closed:
            self._writer.write("", inbox.release, turn)

    # --- steps, history, sessions --------------------------------------------------------------

    async def steps(self, turn: Turn) -> tuple[Step, ...]:
        return await self._writer.read(turns.steps, turn)

    async def begin_step(self, turn: Turn, name: str) -> None:
        await self._writer.write("c3i", turns.begin_step, turn, name, self._now())

    async def finish_step(self, turn: Turn, step: Step, spend: Sequence[Spend] = ()) -> None:
        await self._writer.write("c3", turns.finish_step, turn, step, spend, self._now())

    async def past(
        self, conversation: Conversation, *, since: int, limit: int
    ) -> tuple[Summary | None, tuple[HistoryRow, ...]]:
        return await self._writer.read(turns.past, conversation, since, limit)

    async def history(self, conversation: Conversation, *, since: int, limit: int) -> tuple[HistoryRow, ...]:
        """The newest `limit` messages after row `since`, oldest first, also those that a summary covers."""
        return await self._writer.read(turns.history, conversation, since, limit)

    async def forget_turns(self, conversation: Conversation, *, turns: int) -> int:
        return await self._writer.write("", _forget_turns, conversation, turns)

    async def begin_summary(self, conversation: Conversation, *, after: int, upto: int, seconds_of_rest: float) -> bool:
        rest = round(seconds_of_rest * 1000)
        return await self._writer.write("", turns.begin_summary, conversation, after, upto, rest, self._now())

    async def keep_summary(self, conversation: Conversation, summary: Summary, spend: Sequence[Spend] = ()) -> bool:
        return await self._writer.write("", turns.keep_summary, conversation, summary, spend, self._now())

    async def session(self, conversation: Conversation) -> Session:
        return await self._writer.read(inbox.session, conversation)

    async def save_session(self, conversation: Conversation, session: Session) -> None:
        await self._writer.write("", inbox.save_session, conversation, session)

    async def newest_row(self, conversation: Conversation) -> int:
        return await self._writer.read(turns.newest_row, conversation)

    # --- outbox --------------------------------------------------------------------------------

    async def post(self, key: str, target: Target, reply: Reply) -> None:
        await self._writer.write("post", outbox.queue, key, target, reply, self._now())

    async def next_due(self, conversation: Conversation) -> Due | None:
        return await self._writer.read(outbox.next_due, conversation)

    async def begin_sending(self, key: str) -> None:
        await self._writer.write("c5", outbox.begin_sending, key)

    async def hold_place(self, key: str, target: Target, message_id: str) -> None:
        await self._writer.write("c5b", outbox.hold_place, key, target, message_id, self._now())

    async def placeholder(self, key: str) -> str:
        return await self._writer.read(outbox.placeholder, key)

    async def mark_sent(self, key: str, message_id: str) -> None:
        await self._writer.write("c6", outbox.mark_sent, key, message_id, self._now())

    async def put_back(self, key: str, *, maybe_sent: bool) -> None:
        await self._writer.write("", outbox.put_back, key, maybe_sent)

    async def bury(self, key: str, reason: str) -> None:
        await self._writer.write("", outbox.bury, key, self._clean(reason), self._now())

    async def move_conversation(self, old: Conversation, new: Conversation) -> None:
        await self._writer.write("", moves.move_conversation, old, new)

    async def was_mine(self, conversation: Conversation, message_id: str) -> bool:
        return await self._writer.read(outbox.was_mine, conversation, message_id)

    # --- jobs and reminders --------------------------------------------------------------------

    async def add_job(self, job: Job) -> bool:
        return await self._writer.write("job.add", jobs.add_job, job)

    async def save_job(self, job: Job) -> None:
        await self._writer.write("job.save", jobs.save_job, replace(job, note=self._clean(job.note)))

    async def end_job(self, job: Job, arrival: Inbound, spend: Sequence[Spend] = ()) -> Conversation | None:
        cleaned = replace(job, note=self._clean(job.note))
        return await self._writer.write("job.end", jobs.end_job, cleaned, arrival, spend, self._now())

    async def job(self, job_id: str) -> Job | None:
        return await self._writer.read(jobs.job, job_id)

    async def jobs(self, conversation: Conversation | None, *, active: bool) -> tuple[Job, ...]:
        return await self._writer.read(jobs.jobs, conversation, active)

    async def add_reminder(self, reminder: Reminder) -> None:
        await self._writer.write("", reminders.save_reminder, reminder)

    async def reminders(self, conversation: Conversation | None) -> tuple[Reminder, ...]:
        return await self._writer.read(reminders.reminders, conversation)

    async def fire(self, reminder: Reminder, arrival: Inbound, next_due: datetime | None) -> Conversation | None:
        return await self._writer.write("reminder.fire", reminders.fire, reminder, arrival, next_due, self._now())

    async def drop_reminder(self, conversation: Conversation, reminder_id: str) -> bool:
        return await self._writer.write("", reminders.drop_reminder, conversation, reminder_id)

    # --- money, access, cursors ----------------------------------------------------------------

    async def record(self, spend: Spend) -> None:
        await self._writer.write("", money.record, (spend,), self._now())

    async def spent(self, since: datetime, *, person: str = "", capability: str = "") -> int:
        return await self._writer.read(money.spent, milliseconds(since), person, capability)

    async def unpriced(self, since: datetime, capability: str) -> tuple[Spend, ...]:
        return await self._writer.read(money.unpriced, milliseconds(since), capability)

    async def guest(self, channel: str, person_id: str) -> Guest | None:
        return await self._writer.read(access.guest, channel, person_id)

    async def guests(self) -> tuple[Guest, ...]:
        return await self._writer.read(access.guests)

    async def let_in(self, guest: Guest) -> None:
        await self._writer.write("", access.let_in, guest)

    async def put_out(self, channel: str, person_id: str) -> bool:
        return await self._writer.write("", access.put_out, channel, person_id)

    async def ask_in(self, request: PairingRequest, *, now: datetime, cap: int) -> bool:
        return await self._writer.write("", access.ask_in, request, milliseconds(now), cap)

    async def pairing_requests(self, now: datetime) -> tuple[PairingRequest, ...]:
        return await self._writer.read(access.pairing_requests, milliseconds(now))

    async def take_request(
        self, *, now: datetime, code_hash: str = "", channel: str = "", person_id: str = ""
    ) -> PairingRequest | None:
        return await self._writer.write("", access.take_request, milliseconds(now), code_hash, channel, person_id)

    async def cursor(self, name: str) -> str:
        return await self._writer.read(_cursor, name)

    async def save_cursor(self, cursor: Cursor) -> None:
        await self._writer.write("", _save_cursor, cursor.name, cursor.value)

    # --- media and the local page --------------------------------------------------------------

    async def put(self, data: bytes, mime: str) -> Blob:
        return await self._shelf.put(data, mime)

    async def put_stream(self, chunks: AsyncIterator[bytes], mime: str, *, cap: int) -> Blob:
        return await self._shelf.put_stream(chunks, mime, cap)

    async def read(self, blob: Blob) -> bytes:
        return await self._shelf.read(blob)

    def path(self, blob: Blob) -> Path:
        return self._shelf.path(blob)

    async def show(self, conversation: Conversation, key: str, who: str, part: Part) -> PageEntry:
        return await self._writer.write("", page_log.show, conversation, key, who, part, self._now())

    async def entries(self, chat: str, *, after: int = 0, limit: int = 200) -> tuple[PageEntry, ...]:
        return await self._writer.read(page_log.entries, chat, after, limit)

    async def chats(self) -> tuple[str, ...]:
        return await self._writer.read(page_log.chats)

    # --- housekeeping --------------------------------------------------------------------------

    async def sweep(self, now: datetime, days: int) -> int:
        """Retention: removes what ended more than `days` ago, and media that no row names. Returns how many.

        History, reminders, guests and money stay. A swept event would be new again if it were redelivered:
        keep at least as many days as the slowest transport (Telegram: one)."""
        cutoff = milliseconds(now - timedelta(days=days))
        swept = 0
        for table in _SWEEPS:  # in slices, so that no caller waits long behind one
            while gone := await self._writer.write("", _sweep, table, cutoff):
                swept += gone
        return swept + await self._shelf.sweep(self._path, cutoff)


def _touch(database: Database) -> None:
    database.one("cursor", name="store.ping")


def _cursor(database: Database, name: str) -> str:
    row = database.one("cursor", name=name)
    return str(row[0]) if row else ""


def _save_cursor(database: Database, name: str, value: str) -> None:
    database.run("save_cursor", name=name, value=value)


def _forget_turns(database: Database, conversation: Conversation, count: int) -> int:
    return turns.forget_turns(database, conversation, count)


def _sweep(database: Database, table: str, cutoff: int) -> int:
    return database.run(f"sweep_{table}", cutoff=cutoff, limit=_SWEEP_AT_ONCE)
