"""What people exchange: who spoke, where, what they sent, and what they get back.

Frozen values without identity in storage: a row number, a fence or a retry count is the
store's concern. Text is Markdown everywhere inside; each channel renders its own dialect.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

STALE_AFTER = timedelta(minutes=15)


class Kind(StrEnum):
    """What an attachment or a media part is, decided by its use, not by its file name."""

    VOICE = "voice"  # a recorded voice note: transcribed before the agent runs
    AUDIO = "audio"  # a sound file: transcribed like a voice note, or a song we made
    PICTURE = "picture"
    VIDEO = "video"
    DOCUMENT = "document"


class Origin(StrEnum):
    """What put a row into the inbox."""

    PERSON = "person"
    REMINDER = "reminder"
    JOB = "job"  # a finished video or song


class Doing(StrEnum):
    """What the busy indicator of a chat shows."""

    TYPING = "typing"
    RECORDING = "recording"
    UPLOADING_PHOTO = "uploading_photo"


@dataclass(frozen=True, slots=True)
class Conversation:
    """The unit of order: one turn at a time in each. `thread` is a forum topic or ""."""

    channel: str
    chat: str
    thread: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.channel, self.chat, self.thread) if part)


@dataclass(frozen=True, slots=True)
class Person:
    """A sender. `id` is the platform's numeric id as text; names are for display, never for access."""

    id: str
    name: str = ""
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes by content: `sha256` in lower-case hex, `size` in bytes. The bytes lie in the media folder."""

    sha256: str
    mime: str
    size: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a person sent.

    `remote` is opaque: only the channel it came from can fetch it. `blob` is set once it has been
    fetched, `heard` once it has been transcribed. `size` is what the platform announced, in bytes,
    or None. `seconds` is the announced duration.
    """

    kind: Kind
    mime: str = ""
    remote: str = ""
    name: str = ""
    size: int | None = None
    seconds: float | None = None
    blob: Blob | None = None
    heard: str | None = None


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message that was replied to."""

    message_id: str
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    from_me: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """Something to act on.

    `id` is the transport's event id: the same event redelivered has the same id.
    `message_id` is what a reply points at. `private` is a one-to-one chat. `to_me` means a private
    chat, a mention, or a reply to the bot: the mention check of a room's voice note happens after
    it was transcribed. `room` is the group or server id for access rules ("" in private),
    `room_name` its title where the platform says it, in a stranger's words.
    `forwarded` words are another person's, named by `forwarded_from` where that is known: never a command.
    Rows with the same non-empty `group` in one conversation (an album) become one turn.
    """

    id: str
    conversation: Conversation
    sender: Person
    sent_at: datetime
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    message_id: str = ""
    quoted: Quoted | None = None
    private: bool = True
    to_me: bool = True
    room: str = ""
    room_name: str = ""
    group: str = ""
    forwarded: bool = False
    forwarded_from: str = ""
    origin: Origin = Origin.PERSON
    edited: bool = False

    def stale(self, now: datetime) -> bool:
        """Whether this was said so long ago that it is answered with what was said around it, and not obeyed."""
        return self.origin is Origin.PERSON and now - self.sent_at > STALE_AFTER


@dataclass(frozen=True, slots=True)
class Target:
    """Where a part goes: a conversation, and the message it answers ("" for none)."""

    conversation: Conversation
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button under a text. Pressing it is the same as the person writing `say` (64 bytes at most)."""

    label: str
    say: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words in Markdown, with buttons where the channel has them."""

    text: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice note: OGG/Opus, 48 kHz, mono.

    `seconds` is the true duration. `waveform` holds 1 to 256 bytes, one loudness (0 to 255) per
    point. `text` is what is said, for channels that can only send the words.
    """

    blob: Blob
    seconds: float
    waveform: bytes
    text: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, song, clip or document, with a short caption in Markdown."""

    kind: Kind
    blob: Blob
    name: str
    caption: str = ""
    seconds: float | None = None


Part = Text | Voice | Media
Reply = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """Proof of delivery: the platform's message id."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation's own settings. Empty means: as configured.

    `since` is the id of the last history row that `/new` hid (0 shows everything).
    `voice_mode` is one of "", off, always, inbound, tagged. `thinking` is a level or "".
    """

    model: str = ""
    thinking: str = ""
    voice_mode: str = ""
    voice: str = ""
    since: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """One claimed piece of work. `attempt` counts from 1; `fence` guards the finish against a zombie. `fresh` when it
    was never claimed before: nothing of it can have been begun."""

    id: str
    conversation: Conversation
    inbounds: tuple[Inbound, ...]
    session: Session
    attempt: int
    fence: int
    fresh: bool = False

    @property
    def person(self) -> str:
        """Who is asking, as channel:id; the key for money and limits."""
        return f"{self.conversation.channel}:{self.inbounds[-1].sender.id}"

    @property
    def target(self) -> Target:
        """Where the answer goes: as a reply to the last message of the turn in rooms, plain in private."""
        last = self.inbounds[-1]
        reply_to = "" if last.private and last.origin is Origin.PERSON else last.message_id
        return Target(self.conversation, reply_to)
