"""LISTEN, speech-to-text: fetch what was attached, transcribe what was spoken, before the agent thinks.

Every attachment is a step of the turn: what was fetched, checked and paid for once is not done again.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from bot.agent.attempt import Attempt
from bot.agent.paid_steps import PaidSteps
from bot.agent.policy.budget import OverBudget
from bot.agent.policy.transcription_policy import EVERYTHING, OFF, SOUNDS, TranscriptionPolicy
from bot.agent.prompt import Understood, untrusted, with_context
from bot.core.errors import KeyRefused, MediaError, OutOfCredit, ProviderError, VoxlineError
from bot.core.media import Sound
from bot.core.messages import Attachment, Blob, Inbound, Kind, Turn
from bot.core.paid import Paid
from bot.core.ports.channel import Channel
from bot.core.ports.models import Transcriber
from bot.core.ports.store import Blobs
from bot.core.spending import Capability, Spend
from bot.core.steps import Heard
from bot.media.names import safe_name
from bot.media.sniff import HEAD_BYTES, sniff
from bot.media.text_encoding import decoded

log = logging.getLogger(__name__)

Result = TypeVar("Result")

DOCUMENT_CHARACTERS = 50_000
ATTACHMENTS_AT_MOST = 10
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
DOCUMENT_BYTES = 4 * DOCUMENT_CHARACTERS  # no encoding takes more for a character
MIME = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}")
UNREADABLE = (
    "[The person sent a file named {name!r} of type {mime}; it cannot be read here: its bytes are no text in an "
    "encoding that is known. Say so; do not guess what it holds.]"
)
FILE_GONE = "[The person sent a file named {name!r}; it is gone from the disk, so you cannot read it.]"

NOT_UNDERSTOOD = "I could not understand the voice note. Send it again, or say /retry."
NO_SPEECH = "I heard no speech in that recording."


class SoundReader(Protocol):
    """Checks and normalises sound from outside."""

    async def for_transcription(self, blob: Blob) -> Sound | None:
        """A checked, normalised copy fit for a transcriber, or None when it holds no speech. Raises `MediaError`."""


class PictureReader(Protocol):
    """Checks and normalises pictures from outside."""

    async def for_model(self, blob: Blob) -> Blob:
        """A copy that a model can take. Raises `MediaError`."""


@dataclass(frozen=True, slots=True)
class ListenSettings:
    """What the operator decided about listening: the language of voice notes ("" lets the model find out), the form in
    which a transcript is shown ("" shows none), and which recordings are transcribed at all."""

    language: str = ""
    echo: str = ""
    policy: TranscriptionPolicy = EVERYTHING


class Listener:
    """Turns the messages of a turn into what the agent reads."""

    def __init__(
        self,
        *,
        paid: PaidSteps,
        blobs: Blobs,
        sounds: SoundReader,
        pictures: PictureReader,
        transcriber: Transcriber | None,
        settings: ListenSettings,
    ) -> None:
        self._paid, self._blobs, self._sounds, self._pictures = paid, blobs, sounds, pictures
        self._transcriber, self._settings = transcriber, settings

    async def listen(self, attempt: Attempt, channel: Channel) -> Understood:
        """What the turn's messages say."""
        inbounds = attempt.turn.inbounds
        attachments = attachments_of(inbounds)[:ATTACHMENTS_AT_MOST]
        heard = self._settings.policy.passed_over(inbounds[-1], attachments)
        wanted = {attachment: number for number, attachment in enumerate(attachments) if attachment not in heard}
        works = [self._heard(attempt, channel, attachment, f"heard:{number}") for attachment, number in wanted.items()]
        heard |= dict(zip(wanted, await all_or_none(works), strict=True))
        heard = {attachment: heard[attachment] for attachment in attachments}
        understood = put_together(inbounds, heard, await self._documents(heard))
        return replace(understood, echo=echoed(self._settings.echo, inbounds, heard))

    async def _heard(self, attempt: Attempt, channel: Channel, attachment: Attachment, name: str) -> Heard:
        saved = self._paid.saved(attempt, name, Heard)
        if saved is not None:
            return saved
        turn = attempt.turn
        try:
            paid = await self._hear(turn, channel, attachment, name)
        except OverBudget as error:
            return Heard(None, tell=error.tell)
        except VoxlineError as error:
            log.warning(
                "attachment.unusable", extra={"turn": turn.id, "kind": attachment.kind.value, "why": str(error)}
            )
            paid = Paid(Heard(None, tell=error.tell))
            await self._paid.finish(turn, name, paid)
        return paid.value

    async def _hear(self, turn: Turn, channel: Channel, attachment: Attachment, name: str) -> Paid[Heard]:
        """What is attached, as a finished step. Raises `OverBudget`, and `VoxlineError` for what cannot be used."""
        paid = Paid(Heard(None, tell=self._refusal(attachment.kind)))
        if paid.value.tell:
            await self._paid.finish(turn, name, paid)
            return paid
        blob = attachment.blob or await self._fetch(channel, attachment)
        kind = attachment.kind
        if kind is Kind.DOCUMENT:
            kind = kind_of(await asyncio.to_thread(_beginning, self._blobs.path(blob), HEAD_BYTES))
        hears = kind in SOUNDS and self._settings.policy.allows(turn.inbounds[-1])
        async with self._paid.spending(turn, Capability.TRANSCRIPT if hears and self._transcriber else None):
            if hears:
                paid = await self._transcribe(turn, blob, name)
            elif kind is Kind.PICTURE:
                paid = Paid(Heard(await self._pictures.for_model(blob), original=blob))
            else:
                paid = Paid(Heard(blob))
            await self._paid.finish(turn, name, paid)
        return paid

    def _refusal(self, kind: Kind) -> str:
        """Why something of this kind is not even fetched; "" when it is."""
        if kind is Kind.VIDEO:
            return "I cannot watch videos yet. Tell me about it, or send a picture from it."
        return OFF if kind in SOUNDS and self._transcriber is None else ""

    async def _fetch(self, channel: Channel, attachment: Attachment) -> Blob:
        cap = channel.limits.download_bytes
        if attachment.size is not None and attachment.size > cap:
            raise MediaError(
                f"attachment of {attachment.size} bytes exceeds {cap}",
                tell=f"That file is too large for me ({attachment.size / 1e6:.0f} MB; I can take {cap / 1e6:.0f} MB).",
            )
        return await self._blobs.put_stream(channel.fetch(attachment), attachment.mime, cap=cap)

    async def _transcribe(self, turn: Turn, blob: Blob, name: str) -> Paid[Heard]:
        if self._transcriber is None:
            return Paid(Heard(blob, tell=OFF))
        sound = await self._sounds.for_transcription(blob)
        if sound is None:
            return Paid(Heard(blob, tell=NO_SPEECH))
        await self._paid.begin(turn, name)
        try:
            transcript = await self._transcriber.transcribe(sound, language=self._settings.language)
        except (KeyRefused, OutOfCredit) as error:
            return Paid(Heard(blob, tell=error.tell))
        except (ProviderError, MediaError) as error:
            log.warning("transcript.failed", extra={"why": str(error)})
            return Paid(Heard(blob, tell=NOT_UNDERSTOOD))
        words = transcript.text.strip()
        spend = Spend(turn.person, Capability.TRANSCRIPT, transcript.model, transcript.cost_microusd)
        return Paid(Heard(blob, words) if words else Heard(blob, tell=NO_SPEECH), (spend,))

    async def _documents(self, heard: dict[Attachment, Heard]) -> dict[Attachment, str]:
        return {
            attachment: await self._read_document(attachment, result.blob)
            for attachment, result in heard.items()
            if attachment.kind is Kind.DOCUMENT
            and result.blob is not None
            and not (result.original or result.text or result.tell)
        }

    async def _read_document(self, attachment: Attachment, blob: Blob) -> str:
        """The words of a text file, whatever its sender calls it; of another file, that it cannot be read."""
        name = safe_name(attachment.name)
        try:
            beginning = await asyncio.to_thread(_beginning, self._blobs.path(blob), DOCUMENT_BYTES)
        except OSError as error:
            log.warning("document.gone", extra={"file": name, "why": str(error)})
            return FILE_GONE.format(name=name)
        text = await asyncio.to_thread(text_of, beginning, whole=len(beginning) == blob.size)
        if text is None:
            return UNREADABLE.format(name=name, mime=sniff(beginning) or plain_mime(attachment.mime) or "unknown")
        cut = " (cut)" if len(text) > DOCUMENT_CHARACTERS or len(beginning) < blob.size else ""
        return untrusted(text[:DOCUMENT_CHARACTERS], f"file {name!r}{cut}")


def _beginning(file: Path, count: int) -> bytes:
    """The first `count` bytes of a file. Raises `OSError`."""
    with file.open("rb") as stream:
        return stream.read(count)


def kind_of(head: bytes) -> Kind:
    """What a file is that was sent as a document: its first bytes decide, not the type that its sender claims."""
    mime = sniff(head)
    if mime.startswith("audio/"):
        return Kind.AUDIO
    return Kind.PICTURE if mime in PICTURES else Kind.DOCUMENT


def text_of(beginning: bytes, *, whole: bool) -> str | None:
    """The text of a file; None when its bytes are sound, a picture or anything else that is no text."""
    return None if sniff(beginning) else decoded(beginning, whole=whole)


def plain_mime(claim: str) -> str:
    """The type that a sender claims, fit to stand in a sentence."""
    return claim if MIME.fullmatch(claim) else ""


async def all_or_none(works: Sequence[Coroutine[None, None, Result]]) -> list[Result]:
    """The results in order. When one raises, the others are cancelled before it is raised: what runs on after an
    apology would be paid for in vain."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def attachments_of(inbounds: tuple[Inbound, ...]) -> tuple[Attachment, ...]:
    """Everything attached or quoted, each once, in order."""
    attachments: dict[Attachment, None] = {}
    for inbound in inbounds:
        attachments |= dict.fromkeys(inbound.attachments)
        if inbound.quoted is not None:
            attachments |= dict.fromkeys(inbound.quoted.attachments)
    return tuple(attachments)


def echoed(form: str, inbounds: tuple[Inbound, ...], heard: dict[Attachment, Heard]) -> str:
    """What the person is heard to have said, in the configured form ("" shows nothing)."""
    own = [attachment for inbound in inbounds for attachment in inbound.attachments]
    transcripts = [heard[attachment].text for attachment in own if attachment in heard and heard[attachment].text]
    return form.replace("{transcript}", " ".join(transcripts)) if form and transcripts else ""


def put_together(
    inbounds: tuple[Inbound, ...], heard: dict[Attachment, Heard], documents: dict[Attachment, str]
) -> Understood:
    """One text, the pictures, and the sentences about what could not be used."""
    texts: list[str] = []
    pictures: list[Blob] = []
    originals: list[Blob] = []
    spoken = False
    for inbound in inbounds:
        words = [inbound.text] if inbound.text else []
        for attachment in (*inbound.attachments, *(inbound.quoted.attachments if inbound.quoted else ())):
            result = heard.get(attachment)
            if result is None:
                continue
            if result.text:
                own = attachment in inbound.attachments
                spoken = spoken or (own and attachment.kind is Kind.VOICE)
                words.append(
                    result.text if own else f"[The quoted recording says]\n{untrusted(result.text, 'transcript')}"
                )
            elif attachment in documents:
                words.append(documents[attachment])
            elif result.original is not None and result.blob is not None:
                pictures.append(result.blob)
                originals.append(result.original)
        texts.append(with_context("\n".join(words), inbound))
    troubles = dict.fromkeys(result.tell for result in heard.values() if result.tell)
    left_out = len(attachments_of(inbounds)) - len(heard)
    if left_out:
        troubles[f"I looked at the first {ATTACHMENTS_AT_MOST} files only."] = None
    text = "\n".join(text for text in texts if text)
    return Understood(text, tuple(pictures), spoken, tuple(troubles), originals=tuple(originals), missed=unheard(heard))


def unheard(heard: dict[Attachment, Heard]) -> tuple[str, ...]:
    """What stands in the place of each recording that the agent cannot know."""
    return tuple(
        f"[The person sent a recording that you cannot hear. They are told: {result.tell}]"
        for attachment, result in heard.items()
        if attachment.kind in SOUNDS and result.tell and not result.text
    )
