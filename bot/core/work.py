"""What the daemon keeps about work: steps, outcomes, parts to deliver, jobs, reminders, money.

The requests and answers of the paid capabilities live here too, because a job keeps its request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.chat import Assistant, ChatMessage, FinishReason, Picture, Usage
from bot.core.messages import Blob, Conversation, Inbound, Part, Reply, Target, Voice


class Capability(StrEnum):
    """What money was spent on."""

    CHAT = "chat"
    IMAGE = "image"
    VIDEO = "video"
    MUSIC = "music"
    SPEECH = "speech"
    TRANSCRIPT = "transcript"


@dataclass(frozen=True, slots=True)
class Spend:
    """One paid call. `person` is channel:id. `cost_microusd` None means nobody said what it cost."""

    person: str
    capability: Capability
    model: str
    cost_microusd: int | None
    billed: bool = False
    generation_id: str = ""


# --- steps: what a turn has already done -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """The fetched attachment: its blob, a picture's `original`, and its transcript where it is speech. `tell` is the
    sentence for the person when it could not be used ("" when it could)."""

    blob: Blob | None
    text: str = ""
    tell: str = ""
    original: Blob | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """One finished model call."""

    assistant: Assistant
    usage: Usage
    reason: FinishReason
    model: str
    pictures: tuple[Blob, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What a tool did: text for the model, parts for the person, pictures for the model to see."""

    text: str
    parts: Reply = ()
    pictures: tuple[Blob, ...] = ()


@dataclass(frozen=True, slots=True)
class Spoken:
    """The finished voice note, or None when speech failed and the text goes out alone."""

    voice: Voice | None


StepResult = Heard | Answered | ToolOutcome | Spoken


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a turn, unique by `name` within it. `result` None: begun, and nobody knows how it ended."""

    name: str
    result: StepResult | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ends: appended to the history, and what is delivered, in order.

    `dead` marks a turn that was given up; its messages stay readable. `note` is for the operator.
    """

    history: tuple[ChatMessage, ...]
    reply: Reply
    dead: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """The next part to deliver in a conversation.

    `key` is turn:seq and unique. `message_id` is the placeholder that is already in the chat ("" for
    none). `maybe_sent` means an earlier try has an unknown outcome. `attempts` counts earlier tries."""

    key: str
    target: Target
    part: Part
    attempts: int = 0
    message_id: str = ""
    maybe_sent: bool = False


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One chat message of a finished turn, with its place in the conversation."""

    id: int
    message: ChatMessage


@dataclass(frozen=True, slots=True)
class Summary:
    """What was said in a conversation up to the history row `upto`, in the words of a model."""

    text: str
    upto: int


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


# --- paid capabilities -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sound:
    """Audio in memory. `mime` is what it is; `name` a file name for formats told by extension."""

    data: bytes
    mime: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said."""

    text: str
    model: str
    cost_microusd: int | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """Synthesized speech as the provider sent it (MP3, or WAV around PCM)."""

    sound: Sound
    model: str
    cost_microusd: int | None = None
    generation_id: str = ""


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """Pictures to draw. `model` "" means as configured. `timeout_seconds` None means as configured.

    `references` are pictures to edit or to follow, five at most. `size` is WxH in pixels."""

    prompt: str
    model: str = ""
    references: tuple[Blob, ...] = ()
    count: int = 1
    aspect_ratio: str = ""
    resolution: str = ""
    size: str = ""
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """The pictures that came back, in order; `ignored` names hints the model has no field for."""

    pictures: tuple[Picture, ...]
    model: str
    cost_microusd: int | None = None
    generation_id: str = ""
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture for a clip. `role` is first_frame, last_frame, reference_image or ""."""

    blob: Blob | None
    role: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """A clip to render. Empty and None mean: leave it to the model."""

    prompt: str
    model: str = ""
    frames: tuple[Frame, ...] = ()
    duration_seconds: float | None = None
    resolution: str = ""
    aspect_ratio: str = ""
    size: str = ""
    audio: bool | None = None
    seed: float | None = None
    callback_url: str = ""
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class VideoJob:
    """A clip that the provider renders. `ignored` names wishes that the model cannot follow."""

    id: str
    polling_url: str
    model: str
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoState:
    """Where a clip stands. `done` with `urls` and `unsigned_urls` as the provider listed them."""

    done: bool
    unsigned_urls: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    cost_microusd: int | None = None
    generation_id: str = ""


@dataclass(frozen=True, slots=True)
class Clip:
    """A finished clip: its bytes, or a link when it is larger than may be carried."""

    sound: Sound | None
    url: str = ""


@dataclass(frozen=True, slots=True)
class SongRequest:
    """A song to compose. `format` is wav or mp3."""

    prompt: str
    model: str = ""
    lyrics: str = ""
    instrumental: bool = False
    duration_seconds: float | None = None
    picture: Blob | None = None
    picture_url: str = ""
    format: str = ""
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Song:
    """A finished song. `sound.mime` is sniffed from what arrived, not from what was asked."""

    sound: Sound
    model: str
    lyrics: str = ""
    cost_microusd: int | None = None
    generation_id: str = ""


class JobState(StrEnum):
    """The life of a job. UNKNOWN: the process died between asking and hearing the answer."""

    INTENT = "intent"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Job:
    """Slow paid work that outlives its turn. `target` is where its result goes, as a reply."""

    id: str
    target: Target
    person: str
    request: VideoRequest | SongRequest
    state: JobState
    created_at: datetime
    remote_id: str = ""
    polling_url: str = ""
    model: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something to say later. `due` is the next time in UTC; `cron` is "" for once; `zone` is an IANA name."""

    id: str
    target: Target
    person: str
    text: str
    due: datetime
    cron: str = ""
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: messages of people and others, parts to deliver, in how many conversations.

    `oldest_seconds` is how long the oldest of them has waited."""

    messages: int
    parts: int
    conversations: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One message on the local web page. `who` is "person" or "bot"; `id` grows with every change."""

    id: int
    conversation: Conversation
    key: str
    who: str
    part: Part
    changed: int


@dataclass(frozen=True, slots=True)
class Guest:
    """A person who was let in by pairing."""

    channel: str
    person_id: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class PairingRequest:
    """Somebody who asks to be let in. `code_hash` is the SHA-256 of the code in lower-case hex."""

    code_hash: str
    channel: str
    person_id: str
    name: str
    chat: str
    expires: datetime
