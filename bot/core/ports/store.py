"""Ports: the store, cut by who uses it. `bot.store` implements all slices in one class."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.core.arrivals import Arrivals, Cursor
from bot.core.history import HistoryRow, Summary
from bot.core.jobs import Job, Reminder
from bot.core.messages import Blob, Conversation, Inbound, Part, Reply, Session, Target, Turn
from bot.core.page_entries import PageEntry
from bot.core.people import Guest, PairingRequest
from bot.core.spending import Spend
from bot.core.steps import Due, Outcome, Step


class Inbox(Protocol):
    """Everything that makes the agent act."""

    async def accept(self, arrivals: Arrivals) -> tuple[Inbound, ...]:
        """C1: stores new inbounds, the cursor, the poison and moves in one transaction; returns the inbounds that
        were not known before (by source and id), in order. Raises `StoreUnavailable`."""

    async def knows(self, source: str, inbound_id: str) -> bool:
        """Whether this event was accepted before."""

    async def waiting(self, conversation: Conversation) -> int:
        """How many messages of people wait and belong to no turn yet."""

    async def claim(self, conversation: Conversation) -> Turn | None:
        """C2: the oldest waiting work of the conversation, or None when there is none or another turn of it runs.
        An album is taken as a whole; so is what one person said in a row and what is stale by now, but for commands.
        A turn that was claimed before is the same again. Counts the attempt and raises the fence."""

    async def release(self, turn: Turn) -> None:
        """Puts a turn back as if it had not been claimed (shutdown): the attempt does not count."""

    async def finish(self, turn: Turn, outcome: Outcome) -> bool:
        """C4: history, outbox rows `turn:seq`, the inbox rows done, in one transaction. A draft row keeps its
        placeholder id; a draft without a part in the reply stays dead. False when the fence has moved on."""

    async def discard_waiting(self, conversation: Conversation) -> int:
        """/stop: marks the waiting rows of people as done; returns how many."""

    async def recent(self, conversation: Conversation, *, limit: int) -> tuple[Inbound, ...]:
        """The newest finished messages of people in a conversation, newest first."""

    async def unfinished(self) -> tuple[Conversation, ...]:
        """Conversations with waiting or working rows, or with undelivered parts: at start, rows of a dead process
        count as waiting again."""


class Steps(Protocol):
    """What a running turn has already done and paid for."""

    async def steps(self, turn: Turn) -> tuple[Step, ...]:
        """The turn's steps in the order they began."""

    async def begin_step(self, turn: Turn, name: str) -> None:
        """C3': the intent, before a step that costs money or changes the world. Repeating it is harmless."""

    async def finish_step(self, turn: Turn, step: Step, spend: Sequence[Spend] = ()) -> None:
        """C3: the step's result and what it cost, in one transaction."""


class History(Protocol):
    async def past(
        self, conversation: Conversation, *, since: int, limit: int
    ) -> tuple[Summary | None, tuple[HistoryRow, ...]]:
        """The newest summary that ends after row `since`; the newest `limit` messages after it, oldest first."""

    async def forget_turns(self, conversation: Conversation, *, turns: int) -> int:
        """/undo: removes the newest turns, and summaries that tell of them; returns how many messages went."""

    async def begin_summary(self, conversation: Conversation, *, after: int, upto: int, seconds_of_rest: float) -> bool:
        """The intent, before a summary up to row `upto` is asked for. False, and nothing is written, when one that ends
        after row `after` is kept, or one was begun so lately and has not been kept."""

    async def keep_summary(self, conversation: Conversation, summary: Summary, spend: Sequence[Spend] = ()) -> bool:
        """The summary and what it cost, in one transaction; the messages stay. False, and only the cost is kept, when
        its last row is gone meanwhile."""


class Sessions(Protocol):
    async def session(self, conversation: Conversation) -> Session: ...
    async def save_session(self, conversation: Conversation, session: Session) -> None: ...
    async def newest_row(self, conversation: Conversation) -> int:
        """The id of the newest history row, for /new; 0 when there is none."""


class Outbox(Protocol):
    """Everything the agent says, in order for each conversation."""

    async def post(self, key: str, target: Target, reply: Reply) -> None:
        """Queues parts that no turn produced (a notice, an answer to a command) as key:seq; a known key is a no-op."""

    async def next_due(self, conversation: Conversation) -> Due | None:
        """The first part that is neither sent nor dead. Draft rows are not due."""

    async def begin_sending(self, key: str) -> None:
        """C5: sending, one more attempt."""

    async def hold_place(self, key: str, target: Target, message_id: str) -> None:
        """C5b: a message with this id is in the chat and waits for its text. Creates a draft row when the key is
        new (the live preview runs before the turn is finished)."""

    async def placeholder(self, key: str) -> str:
        """The message id held for this key, "" when there is none."""

    async def mark_sent(self, key: str, message_id: str) -> None:
        """C6."""

    async def put_back(self, key: str, *, maybe_sent: bool) -> None:
        """The try failed: due again. `maybe_sent` records that it may have arrived after all."""

    async def bury(self, key: str, reason: str) -> None:
        """Given up for good."""

    async def move_conversation(self, old: Conversation, new: Conversation) -> None:
        """The platform gave a chat another id: its history, session, waiting work, jobs and reminders
        follow. Repeating it is harmless; a turn that runs stays where it began."""

    async def was_mine(self, conversation: Conversation, message_id: str) -> bool:
        """Whether this message was sent by us."""


class Jobs(Protocol):
    async def add_job(self, job: Job) -> bool:
        """The intent, before the submit. False when one of its kind already runs in this conversation, or the job is
        known."""

    async def save_job(self, job: Job) -> None:
        """The job as it now stands (by id)."""

    async def end_job(self, job: Job, arrival: Inbound, spend: Sequence[Spend] = ()) -> Conversation | None:
        """The job's end, what it cost and the inbox row that announces it, in one transaction. Returns where that row
        went: the chat may have another id by now. None when the job had ended before."""

    async def job(self, job_id: str) -> Job | None: ...
    async def jobs(self, conversation: Conversation | None, *, active: bool) -> tuple[Job, ...]:
        """Newest first; `conversation` None means all; `active` means intent or running only."""


class Reminders(Protocol):
    async def add_reminder(self, reminder: Reminder) -> None: ...
    async def reminders(self, conversation: Conversation | None) -> tuple[Reminder, ...]:
        """By due time."""

    async def fire(self, reminder: Reminder, arrival: Inbound, next_due: datetime | None) -> Conversation | None:
        """The inbox row and the next due time (None removes the reminder), in one transaction. Returns where the row
        went: the chat may have another id by now. None when this firing was stored before."""

    async def drop_reminder(self, conversation: Conversation, reminder_id: str) -> bool: ...


class Ledger(Protocol):
    """Money."""

    async def record(self, spend: Spend) -> None: ...
    async def spent(self, since: datetime, *, person: str = "", capability: str = "") -> int:
        """Micro-dollars since then."""

    async def unpriced(self, since: datetime, capability: str) -> tuple[Spend, ...]:
        """The calls since then that have a generation id and no price yet, oldest first. `record` prices one."""


class Access(Protocol):
    """Who was let in by pairing."""

    async def guest(self, channel: str, person_id: str) -> Guest | None: ...
    async def guests(self) -> tuple[Guest, ...]: ...
    async def let_in(self, guest: Guest) -> None: ...
    async def put_out(self, channel: str, person_id: str) -> bool: ...
    async def ask_in(self, request: PairingRequest, *, now: datetime, cap: int) -> bool:
        """Stores the request; False when this person asked within the hour or `cap` requests of the channel are open.
        Check and insert are one transaction."""

    async def pairing_requests(self, now: datetime) -> tuple[PairingRequest, ...]: ...
    async def take_request(
        self, *, now: datetime, code_hash: str = "", channel: str = "", person_id: str = ""
    ) -> PairingRequest | None:
        """Removes and returns the open request with this code, or of this person."""


class Cursors(Protocol):
    async def cursor(self, name: str) -> str:
        """Empty when nothing was kept."""

    async def save_cursor(self, cursor: Cursor) -> None: ...


class Blobs(Protocol):
    """Media by content, as files."""

    async def put(self, data: bytes, mime: str) -> Blob: ...
    async def put_stream(self, chunks: AsyncIterator[bytes], mime: str, *, cap: int) -> Blob:
        """Raises `MediaError` as soon as more than `cap` bytes arrived."""

    async def read(self, blob: Blob) -> bytes:
        """Raises `MediaError` when the file is gone."""

    def path(self, blob: Blob) -> Path: ...


class PageLog(Protocol):
    """What the local web page shows, so that a reload loses nothing."""

    async def show(self, conversation: Conversation, key: str, who: str, part: Part) -> PageEntry:
        """Adds the entry, or changes the one with this key."""

    async def entries(self, chat: str, *, after: int = 0, limit: int = 200) -> tuple[PageEntry, ...]:
        """The newest entries changed after `after`, oldest first."""

    async def chats(self) -> tuple[str, ...]:
        """Page conversations, newest first."""
