"""LISTEN: fetch what was attached, transcribe what was spoken, before the agent thinks.

Every attachment is a step of the turn: what was fetched, checked and paid for once is not done again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import Protocol

from bot.agent.durable_writes import write_durably
from bot.agent.policy.budget import Budget, OverBudget
from bot.agent.policy.transcription_policy import EVERYTHING, OFF, SOUNDS, TranscriptionPolicy
from bot.agent.prompt import Understood, untrusted, with_quote
from bot.core.errors import KeyRefused, MediaError, OutOfCredit, ProviderError, VoxlineError
from bot.core.media import Sound
from bot.core.messages import Attachment, Blob, Inbound, Kind, Person, Turn
from bot.core.ports.channel import Channel
from bot.core.ports.clock import Clock
from bot.core.ports.models import Transcriber
from bot.core.ports.store import Blobs, Steps
from bot.core.spending import Capability, Spend
from bot.core.steps import Heard, Step
from bot.media.names import safe_name

log = logging.getLogger(__name__)

DOCUMENT_CHARACTERS = 50_000
ATTACHMENTS_AT_MOST = 10
NAMES = (".txt", ".md", ".csv", ".log", ".py")
READABLE = ("text/", "application/json", "application/xml", "application/x-yaml", "application/toml")

NOT_UNDERSTOOD = "I could not understand the voice note. Send it again, or say /retry."
NO_SPEECH = "I heard no speech in that recording."


class SoundReader(Protocol):
    """Checks and normalises sound from outside."""

    async def for_transcription(self, blob: Blob) -> Sound | None:
        """A checked, normalised copy fit for a transcriber, or None when nobody speaks in it. Raises `MediaError`."""


class PictureReader(Protocol):
    """Checks and normalises pictures from outside."""

    async def for_model(self, blob: Blob) -> Blob:
        """A copy that a model can take. Raises `MediaError`."""


class Listener:
    """Turns the messages of a turn into what the agent reads."""

    def __init__(
        self,
        *,
        steps: Steps,
        blobs: Blobs,
        sounds: SoundReader,
        pictures: PictureReader,
        transcriber: Transcriber | None,
        clock: Clock,
        budget: Budget,
        language: str = "",
        echo: str = "",
        hearing: TranscriptionPolicy = EVERYTHING,
    ) -> None:
        self._hearing = hearing
        self._steps, self._blobs, self._clock, self._budget, self._echo = steps, blobs, clock, budget, echo
        self._sounds, self._pictures = sounds, pictures
        self._transcriber, self._language = transcriber, language

    async def listen(self, turn: Turn, channel: Channel, done: dict[str, Step]) -> Understood:
        """What the turn's messages say. `done` are the steps that an earlier attempt finished."""
        attachments = attachments_of(turn.inbounds)[:ATTACHMENTS_AT_MOST]
        silent = self._hearing.passed_over(turn.inbounds[-1], attachments)
        wanted = {attachment: number for number, attachment in enumerate(attachments) if attachment not in silent}
        jobs = [
            self._heard(turn, channel, attachment, f"heard:{number}", done) for attachment, number in wanted.items()
        ]
        found = silent | dict(zip(wanted, await asyncio.gather(*jobs), strict=True))
        heard = {attachment: found[attachment] for attachment in attachments}
        understood = put_together(turn.inbounds, heard, await self._documents(heard))
        return replace(understood, echo=echoed(self._echo, turn.inbounds, heard))

    async def _heard(
        self, turn: Turn, channel: Channel, attachment: Attachment, name: str, done: dict[str, Step]
    ) -> Heard:
        saved = done.get(name)
        if saved is not None and isinstance(saved.result, Heard):
            return saved.result
        try:
            async with self._paid(turn, attachment):
                return await self._hear_once(turn, channel, attachment, name)
        except OverBudget as error:
            return Heard(None, tell=error.tell)

    def _paid(self, turn: Turn, attachment: Attachment) -> AbstractAsyncContextManager[None]:
        """Only hearing costs money."""
        heard = attachment.kind in SOUNDS and self._transcriber is not None
        return self._budget.spending(turn.person, Capability.TRANSCRIPT) if heard else nullcontext()

    async def _hear_once(self, turn: Turn, channel: Channel, attachment: Attachment, name: str) -> Heard:
        spend: list[Spend] = []
        try:
            heard = await self._hear(
                channel, attachment, spend, turn.inbounds[-1].sender, begin=self._begin(turn, name)
            )
        except VoxlineError as error:
            log.warning(
                "attachment.unusable", extra={"turn": turn.id, "kind": attachment.kind.value, "why": str(error)}
            )
            heard = Heard(None, tell=error.tell)
        await write_durably(lambda: self._steps.finish_step(turn, Step(name, heard), spend), self._clock)
        return heard

    def _begin(self, turn: Turn, name: str) -> Callable[[], Awaitable[None]]:
        return lambda: write_durably(lambda: self._steps.begin_step(turn, name), self._clock)

    async def _hear(
        self,
        channel: Channel,
        attachment: Attachment,
        spend: list[Spend],
        sender: Person,
        begin: Callable[[], Awaitable[None]],
    ) -> Heard:
        if attachment.kind is Kind.VIDEO:
            return Heard(None, tell="I cannot watch videos yet. Tell me about it, or send a picture from it.")
        if attachment.kind in SOUNDS and self._transcriber is None:
            return Heard(None, tell=OFF)
        blob = attachment.blob or await self._fetch(channel, attachment)
        match attachment.kind:
            case Kind.VOICE | Kind.AUDIO:
                return await self._transcribe(channel.name, blob, spend, sender, begin)
            case Kind.PICTURE:
                return Heard(await self._pictures.for_model(blob), original=blob)
            case _:
                return Heard(blob)

    async def _fetch(self, channel: Channel, attachment: Attachment) -> Blob:
        cap = channel.limits.download_bytes
        if attachment.size is not None and attachment.size > cap:
            raise MediaError(
                f"attachment of {attachment.size} bytes exceeds {cap}",
                tell=f"That file is too large for me ({attachment.size / 1e6:.0f} MB; I can take {cap / 1e6:.0f} MB).",
            )
        return await self._blobs.put_stream(channel.fetch(attachment), attachment.mime, cap=cap)

    async def _transcribe(
        self, channel: str, blob: Blob, spend: list[Spend], sender: Person, begin: Callable[[], Awaitable[None]]
    ) -> Heard:
        sound = await self._sounds.for_transcription(blob)
        if sound is None:
            return Heard(blob, tell=NO_SPEECH)
        assert self._transcriber is not None  # checked before the fetch
        await begin()
        try:
            transcript = await self._transcriber.transcribe(sound, language=self._language)
        except (KeyRefused, OutOfCredit) as error:
            return Heard(blob, tell=error.tell)
        except (ProviderError, MediaError) as error:
            log.warning("transcript.failed", extra={"why": str(error)})
            return Heard(blob, tell=NOT_UNDERSTOOD)
        person = f"{channel}:{sender.id}"
        spend.append(Spend(person, Capability.TRANSCRIPT, transcript.model, transcript.cost_microusd))
        return Heard(blob, transcript.text.strip()) if transcript.text.strip() else Heard(blob, tell=NO_SPEECH)

    async def _documents(self, heard: dict[Attachment, Heard]) -> dict[Attachment, str]:
        return {
            attachment: await self._read_document(attachment, result.blob)
            for attachment, result in heard.items()
            if attachment.kind is Kind.DOCUMENT and result.blob is not None
        }

    async def _read_document(self, attachment: Attachment, blob: Blob) -> str:
        name = safe_name(attachment.name)
        if not attachment.mime.startswith(READABLE) and not name.lower().endswith(NAMES):
            mime = attachment.mime or "unknown"
            return f"[The person sent a file named {name!r} of type {mime}; it cannot be read here.]"
        text = (await self._blobs.read(blob)).decode("utf-8", errors="replace")
        cut = " (cut)" if len(text) > DOCUMENT_CHARACTERS else ""
        return untrusted(text[:DOCUMENT_CHARACTERS], f"file {name!r}{cut}")


def attachments_of(inbounds: tuple[Inbound, ...]) -> tuple[Attachment, ...]:
    """Everything attached or quoted, each once, in order."""
    found: dict[Attachment, None] = {}
    for inbound in inbounds:
        found |= dict.fromkeys(inbound.attachments)
        if inbound.quoted is not None:
            found |= dict.fromkeys(inbound.quoted.attachments)
    return tuple(found)


def echoed(form: str, inbounds: tuple[Inbound, ...], heard: dict[Attachment, Heard]) -> str:
    """What the person is heard to have said, in the configured form ("" shows nothing)."""
    own = [attachment for inbound in inbounds for attachment in inbound.attachments]
    said = [heard[attachment].text for attachment in own if attachment in heard and heard[attachment].text]
    return form.replace("{transcript}", " ".join(said)) if form and said else ""


def put_together(
    inbounds: tuple[Inbound, ...], heard: dict[Attachment, Heard], documents: dict[Attachment, str]
) -> Understood:
    """One text, the pictures, and the sentences about what could not be used."""
    texts: list[str] = []
    pictures: list[Blob] = []
    originals: list[Blob] = []
    spoken = False
    for inbound in inbounds:
        said = [inbound.text] if inbound.text else []
        for attachment in (*inbound.attachments, *(inbound.quoted.attachments if inbound.quoted else ())):
            result = heard.get(attachment)
            if result is None:
                continue
            if result.text:
                own = attachment in inbound.attachments
                spoken = spoken or (own and attachment.kind is Kind.VOICE)
                said.append(
                    result.text if own else f"[The quoted recording says]\n{untrusted(result.text, 'transcript')}"
                )
            elif attachment in documents:
                said.append(documents[attachment])
            elif attachment.kind is Kind.PICTURE and result.blob is not None:
                pictures.append(result.blob)
                originals.append(result.original or result.blob)
        texts.append(with_quote("\n".join(said), inbound))
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
