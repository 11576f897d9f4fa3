"""The protocols between the agent and the world, and the store cut by who uses it.

One method, one request, one result. A verb asks only for the slice it needs; `bot.store` implements
all slices in one class, each channel and each provider adapter implements its port.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.core.chat import ChatEvent, ChatRequest
from bot.core.messages import (
    Attachment,
    Blob,
    Conversation,
    Doing,
    Inbound,
    Part,
    Reply,
    Sent,
    Session,
    Target,
    Text,
    Turn,
)
from bot.core.work import (
    Arrivals,
    Clip,
    Cursor,
    Drawn,
    Due,
    Guest,
    HistoryRow,
    ImageRequest,
    Job,
    Outcome,
    PageEntry,
    PairingRequest,
    Reminder,
    Song,
    SongRequest,
    Sound,
    Speech,
    Spend,
    Step,
    Summary,
    Transcript,
    VideoJob,
    VideoRequest,
    VideoState,
)


class Clock(Protocol):
    """Time. `now` is aware UTC for people; every waiting decision uses `monotonic` seconds."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a part works, and one sentence: what it is connected as, or what to do."""

    ok: bool
    detail: str


# --- channels ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel can carry.

    `text` and `caption` are counted in UTF-16 units when `utf16`, else in code points.
    `seconds_between_edits` None means sent messages cannot be edited.
    `keyed` means that a repeated send with the same key shows one message; without it a text is
    delivered as a placeholder that is then edited, so that a crash never shows an answer twice.
    """

    text: int
    caption: int
    upload_bytes: int
    download_bytes: int
    seconds_between_edits: float | None
    utf16: bool = False
    keyed: bool = False


Accept = Callable[[Arrivals], Awaitable[None]]


class Channel(AbstractAsyncContextManager["Channel"], Protocol):
    """A place where people talk. Entering connects (raises `ChannelDown` with what to do); leaving disconnects."""

    name: str
    limits: Limits

    @property
    def names(self) -> tuple[str, ...]:
        """What people call the bot here, for mentions inside speech."""

    async def receive(self, accept: Accept) -> None:
        """Until cancelled: reads in order and acknowledges only after `accept` returned.

        Raises `ChannelDown` when only the operator can help."""

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of an attachment of this channel. Raises `FetchFailed`."""

    async def send(self, to: Target, part: Part, *, key: str, maybe_sent: bool = False) -> Sent:
        """Delivers one part. `key` is the idempotency key where the platform has one;
        `maybe_sent` says that an earlier try with this key may have arrived.

        A `Text` fits the limits. Falls back by itself where the platform refuses a form (plain text for
        formatted, audio for voice). Raises `NotSent`, `MaybeSent`, `Undeliverable`."""

    async def edit(self, to: Target, message_id: str, text: Text) -> None:
        """Makes an own message show `text`; already showing it is success. Raises as `send`;
        `Undeliverable` (not gone) when the message no longer exists."""

    async def busy(self, to: Target, doing: Doing) -> None:
        """Shows an indicator for about five seconds. Never raises."""

    async def ping(self) -> Health:
        """Whether messages can come and go at this moment."""


# --- the model provider ------------------------------------------------------------------------


class ChatModel(Protocol):
    def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """Deltas, then exactly one `Finished`; or raises `ProviderError`. Retries and model fallbacks
        happen inside, each announced by `Retrying`."""


class Transcriber(Protocol):
    async def transcribe(self, sound: Sound, *, language: str = "") -> Transcript:
        """What was said. Raises `ProviderError`, `MediaError` for a format nobody transcribes."""


class Synthesizer(Protocol):
    async def speak(
        self,
        text: str,
        *,
        voice: str = "",
        model: str = "",
        speed: float | None = None,
        timeout_seconds: float | None = None,
    ) -> Speech:
        """`text` (4096 characters at most) as speech; "" and None mean as configured. Raises `ProviderError`."""

    async def cost(self, generation_id: str) -> int | None:
        """What a speech cost in micro-dollars, None while nobody says. Raises `ProviderError`."""


class ImageGenerator(Protocol):
    async def draw(self, request: ImageRequest) -> Drawn:
        """At least one picture. Raises `ProviderError`."""


class VideoGenerator(Protocol):
    async def submit(self, request: VideoRequest) -> VideoJob:
        """Starts a paid render, exactly one request. Raises `ProviderError`; anything that leaves the
        outcome unknown is `ProviderBusy` with status None."""

    async def poll(self, job: VideoJob, *, seconds: float = 60.0) -> VideoState:
        """Where the job stands, asked for `seconds` at most. Raises `BadAnswer` when it failed for good,
        `ProviderBusy` when asking failed."""

    async def download(self, job: VideoJob, state: VideoState) -> Clip:
        """The finished clip. Raises `ProviderError`."""


class MusicGenerator(Protocol):
    async def compose(self, request: SongRequest) -> Song:
        """A song. Raises `ProviderError`."""


# --- the store, by who uses it -----------------------------------------------------------------


class Inbox(Protocol):
    """Everything that makes the agent act."""

    async def accept(self, arrivals: Arrivals) -> tuple[Inbound, ...]:
        """C1: stores new inbounds, the cursor, the poison and moves in one transaction; returns the inbounds that
        were not known before (by source and id), in order. Raises `StoreUnavailable`."""

    async def knows(self, source: str, inbound_id: str) -> bool:
        """Whether this event was accepted before."""

    async def waiting(self, conversation: Conversation) -> int:
        """How many messages of people nobody has begun."""

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
        """The platform gave a chat another id: its history, session and waiting work follow. Repeating it is
        harmless; a turn that runs stays where it began."""

    async def was_mine(self, conversation: Conversation, message_id: str) -> bool:
        """Whether this message was sent by us."""


class Jobs(Protocol):
    async def add_job(self, job: Job) -> bool:
        """The intent, before the submit. False when one of its kind already runs in this conversation, or the job is
        known."""

    async def save_job(self, job: Job) -> None:
        """The job as it now stands (by id)."""

    async def end_job(self, job: Job, arrival: Inbound, spend: Sequence[Spend] = ()) -> bool:
        """The job's end, what it cost and the inbox row that tells about it, in one transaction.
        False when it had ended before."""

    async def job(self, job_id: str) -> Job | None: ...
    async def jobs(self, conversation: Conversation | None, *, active: bool) -> tuple[Job, ...]:
        """Newest first; `conversation` None means all; `active` means intent or running only."""


class Reminders(Protocol):
    async def add_reminder(self, reminder: Reminder) -> None: ...
    async def reminders(self, conversation: Conversation | None) -> tuple[Reminder, ...]:
        """By due time."""

    async def fire(self, reminder: Reminder, arrival: Inbound, next_due: datetime | None) -> bool:
        """The inbox row and the next due time (None removes the reminder), in one transaction.
        False when this firing was stored before."""

    async def drop_reminder(self, conversation: Conversation, reminder_id: str) -> bool: ...


class Ledger(Protocol):
    """Money."""

    async def record(self, spend: Spend) -> None: ...
    async def spent(self, since: datetime, *, person: str = "", capability: str = "") -> int:
        """Micro-dollars since then."""

    async def unpriced(self, since: datetime, capability: str) -> tuple[Spend, ...]:
        """The calls since then that the provider named and nobody priced, oldest first. `record` prices one."""


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
