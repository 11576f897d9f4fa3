"""A whole agent on a channel in memory, so that flows read like talk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from bot.agent.assembly import Agent, AgentPorts, AgentProviders, AgentSettings, open_agent
from bot.agent.commands.choosing import ModelChoices, ModelGuide, Unguided
from bot.agent.history.context import ContextSize
from bot.agent.policy.access import AccessRules, DmPolicy
from bot.agent.speak import VoiceMode, VoiceSettings
from bot.core.arrivals import Arrivals
from bot.core.chat import Picture
from bot.core.errors import MediaError, ProviderError, VoxlineError
from bot.core.media import Drawn, ImageRequest, Sound, Speech, Transcript
from bot.core.messages import Attachment, Blob, Inbound, Kind, Person, Text
from bot.core.ports.channel import ChannelLimits, Health
from bot.media.audio import Note
from bot.store import SqliteStore, open_store
from tests.fakes.channel import LIMITS, FakeChannel, conversation
from tests.fakes.clock import FakeClock
from tests.fakes.model import ScriptedModel


@dataclass
class FakeEars:
    """Hears what the test wrote into the sound."""

    heard: list[Sound] = field(default_factory=list)
    faults: list[ProviderError] = field(default_factory=list)

    async def transcribe(self, sound: Sound, *, language: str = "") -> Transcript:
        self.heard.append(sound)
        if self.faults:
            raise self.faults.pop(0)
        return Transcript(sound.data.decode(), "fake/ears", 30)


@dataclass
class FakeMouth:
    """Speaks text as bytes. Without `names_its_price` what it cost is told by `costs`, one for each question."""

    spoken: list[str] = field(default_factory=list)
    manners: list[tuple[str, str, float | None]] = field(default_factory=list)
    faults: list[ProviderError] = field(default_factory=list)
    costs: list[int | ProviderError | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    names_its_price: bool = True

    async def speak(
        self,
        text: str,
        *,
        voice: str = "",
        model: str = "",
        speed: float | None = None,
        timeout_seconds: float | None = None,
    ) -> Speech:
        self.manners.append((voice, model, speed))
        if self.faults:
            raise self.faults.pop(0)
        self.spoken.append(text)
        sound, number = Sound(text.encode(), "audio/mpeg"), len(self.spoken)
        if not self.names_its_price:
            return Speech(sound, "fake/mouth", generation_id=f"gen-{number}")
        return Speech(sound, "fake/mouth", 20)

    async def cost(self, generation_id: str) -> int | None:
        self.asked.append(generation_id)
        cost = self.costs.pop(0) if self.costs else None
        if isinstance(cost, ProviderError):
            raise cost
        return cost


@dataclass
class FakePainter:
    """Paints bytes."""

    requests: list[ImageRequest] = field(default_factory=list)
    faults: list[ProviderError] = field(default_factory=list)

    async def draw(self, request: ImageRequest) -> Drawn:
        self.requests.append(request)
        if self.faults:
            raise self.faults.pop(0)
        pictures = tuple(Picture(f"{request.prompt} {n}".encode(), "image/png") for n in range(request.count))
        return Drawn(pictures, "fake/painter", 40_000)


class PlainMedia:
    """Takes sound and pictures as they are; the real reader has its own tests and flows."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.silent: set[str] = set()
        self.broken_voices = 0

    async def for_transcription(self, blob: Blob) -> Sound | None:
        data = await self._store.read(blob)
        return Sound(data, "audio/wav") if data.strip() else None

    async def for_model(self, blob: Blob) -> Blob:
        return blob

    async def smaller(self, blob: Blob, cap: int) -> Blob:
        return await self._store.put((await self._store.read(blob))[:cap], "image/jpeg")

    async def voice_note(self, sound: Sound) -> Note:
        if self.broken_voices:
            self.broken_voices -= 1
            raise MediaError("ffmpeg ended with status 1")
        return Note(b"OggS" + sound.data, 1.5, bytes([1, 2, 3]))


OPEN = AccessRules(dm=DmPolicy.OPEN, allow_from=frozenset({"*"}), owners=frozenset({"owner"}))


@dataclass
class Talk:
    """What a test says and sees. `chat` is the conversation it speaks in when it names no other."""

    agent: Agent
    store: SqliteStore
    channel: FakeChannel
    model: ScriptedModel
    ears: FakeEars
    mouth: FakeMouth
    painter: FakePainter
    media: PlainMedia
    clock: FakeClock
    ids: count[int]

    async def says(self, text: str, *, chat: str = "1", who: str = "7", id: str = "", **more: object) -> Inbound:
        """Brings a message in and returns once it was accepted."""
        inbound = Inbound(
            id=id or f"event-{next(self.ids)}",
            conversation=conversation(chat),
            sender=Person(who, "Ann"),
            sent_at=self.clock.now(),
            text=text,
            **more,  # type: ignore[arg-type]
        )
        await self.brings(inbound)
        return inbound

    async def brings(self, *inbounds: Inbound) -> None:
        await self.agent.acceptor.accept(Arrivals("fake", inbounds))

    async def says_aloud(self, words: str, *, text: str = "", **more: object) -> Inbound:
        """Sends a voice note."""
        remote = f"voice-{next(self.ids)}"
        self.channel.files[remote] = words.encode()
        note = Attachment(Kind.VOICE, "audio/ogg", remote, seconds=2.0)
        return await self.says(text, attachments=(note,), **more)  # type: ignore[arg-type]

    async def shows(self, data: bytes, text: str = "", **more: object) -> Inbound:
        """Sends a picture."""
        remote = f"picture-{next(self.ids)}"
        self.channel.files[remote] = data
        return await self.says(text, attachments=(Attachment(Kind.PICTURE, "image/png", remote),), **more)  # type: ignore[arg-type]

    async def settles(self) -> None:
        """Returns once nothing is being worked on. Time stands still."""
        async with asyncio.timeout(10):
            await self.agent.engine.settled()

    async def settles_in_time(self) -> None:
        """Returns once nothing is being worked on, and lets pass what time that takes."""
        settled = asyncio.ensure_future(self.settles())
        while not settled.done():
            await self.clock.advance(30)
            await asyncio.sleep(0.001)
        await settled

    async def answer(self, chat: str = "1") -> str:
        """The newest text in the chat, once everything has settled."""
        await self.settles()
        return self.channel.texts(chat)[-1]


@asynccontextmanager
async def open_talk(
    folder: Path,
    *moves: object,
    clock: FakeClock | None = None,
    door: AccessRules = OPEN,
    voice: VoiceMode | VoiceSettings = VoiceMode.OFF,
    limits: ChannelLimits = LIMITS,
    channel: FakeChannel | None = None,
    hears: bool = True,
    lacks: tuple[VoxlineError, ...] = (),
    context_size: ContextSize | None = None,
    guide: ModelGuide | None = None,
    down: Mapping[str, Health] | None = None,
    **decided: object,
) -> AsyncIterator[Talk]:
    """An agent over a real store in `folder`, with a model that plays `moves`. `down` are channels that
    could not connect, `decided` further settings."""
    clock = clock or FakeClock()
    channel = channel or FakeChannel(limits=limits)
    model = ScriptedModel(list(moves))  # type: ignore[arg-type]
    ears, mouth, painter = FakeEars(), FakeMouth(), FakePainter()
    settings = AgentSettings(
        ModelChoices("fake/model", ("fake/model", "fake/other"), lambda text: text),
        doors={"fake": door},
        voice=voice if isinstance(voice, VoiceSettings) else VoiceSettings(voice),
        drain_seconds=0.0,
    )
    settings = replace(settings, **decided)  # type: ignore[arg-type]
    providers = AgentProviders(
        model,
        ears if hears else None,
        mouth,
        painter,
        lacks=lacks,
        context_size=context_size,
        guide=guide or Unguided(),
    )
    async with open_store(folder / "state", clock) as store:
        media = PlainMedia(store)
        ports = AgentPorts(store, {"fake": channel}, media, clock, lambda: looked_at(channel, down or {}))
        async with open_agent(ports, providers, settings) as agent:
            yield Talk(agent, store, channel, model, ears, mouth, painter, media, clock, count(1))


async def looked_at(channel: FakeChannel, down: Mapping[str, Health]) -> Mapping[str, Health]:
    """How a channel is, beside those that are down."""
    return {channel.name: await channel.ping(), **down}


def texts(parts: Sequence[object]) -> list[str]:
    """The words among parts."""
    return [part.text for part in parts if isinstance(part, Text)]
