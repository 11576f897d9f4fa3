"""Introduces the verbs to one another: from ports and settings to a running agent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bot.agent.accept import Acceptor, AcceptStore
from bot.agent.background.jobs import SECONDS_FOR_A_CLIP, JobRunner, Makers
from bot.agent.background.reminders import ReminderTimer
from bot.agent.background.speech_costs import SpeechCosts
from bot.agent.commands.about import Look, about_commands
from bot.agent.commands.choosing import ModelGuide, Models, Unguided, choosing_commands
from bot.agent.commands.command import Command, Commands
from bot.agent.commands.conversation import conversation_commands
from bot.agent.commands.jobs import job_commands
from bot.agent.commands.money import Money, money_commands
from bot.agent.commands.people import people_commands
from bot.agent.deliver import Deliverer
from bot.agent.durable_writes import DurableBlobs
from bot.agent.engine import TURNS_AT_ONCE, Engine
from bot.agent.fit import Shrinker
from bot.agent.history.context import ContextSize, Memory
from bot.agent.listen import Listener, PictureReader, SoundReader
from bot.agent.owners import Owners
from bot.agent.policy.access import AccessRules
from bot.agent.policy.budget import Budget, BudgetLimits
from bot.agent.policy.rate_limit import MESSAGES_AT_MOST, RateLimit
from bot.agent.policy.transcription_policy import EVERYTHING, TranscriptionPolicy
from bot.agent.prompt import Character
from bot.agent.speak import Speaker, VoiceMaker, VoiceSettings
from bot.agent.speech_summary import SpeechSummarizer
from bot.agent.think import Thinker
from bot.agent.turn import TurnRunner, TurnSettings, TurnStore, Verbs
from bot.core.errors import VoxlineError
from bot.core.messages import Conversation
from bot.core.ports.channel import Channel
from bot.core.ports.clock import Clock
from bot.core.ports.models import ChatModel, ImageGenerator, MusicGenerator, Synthesizer, Transcriber, VideoGenerator
from bot.core.ports.store import (
    Access,
    Blobs,
    Cursors,
    History,
    Inbox,
    Jobs,
    Ledger,
    Outbox,
    Reminders,
    Sessions,
    Steps,
)
from bot.tools.image_generate import image_generate
from bot.tools.media_jobs import music_generate, video_generate
from bot.tools.pictures import ImageSources, Web
from bot.tools.reminder import reminder
from bot.tools.tool import Tool


class Store(
    Inbox, Steps, History, Sessions, Outbox, Jobs, Reminders, Ledger, Access, Cursors, Blobs, Protocol
):  # fmt: skip
    """Every slice the agent uses."""


class MediaReader(SoundReader, PictureReader, VoiceMaker, Shrinker, Protocol):
    """Everything the agent needs done to sound and pictures."""


@dataclass(frozen=True, slots=True)
class Providers:
    """Who thinks, hears, speaks, draws, films and composes. None means switched off.

    `credit` says in a sentence what the account has left. `lacks` are what cannot be done, and why. `guide`
    knows the models.
    `holds` says how many tokens a model can take; None: nobody knows."""

    chat: ChatModel
    transcriber: Transcriber | None = None
    synthesizer: Synthesizer | None = None
    images: ImageGenerator | None = None
    videos: VideoGenerator | None = None
    music: MusicGenerator | None = None
    credit: Callable[[], Awaitable[str]] | None = None
    web: Web | None = None
    lacks: tuple[VoxlineError, ...] = ()
    guide: ModelGuide = field(default_factory=Unguided)
    holds: ContextSize | None = None


DRAIN_SECONDS = 30.0  # for the turns that run when the daemon is stopped


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What the operator decided about the agent. `echo` is how what was heard is shown, with {transcript} in it;
    `clip_seconds` is how long a clip may take when its request does not say; `picture_folders` are open to tools."""

    models: Models
    doors: Mapping[str, AccessRules] = field(default_factory=dict)
    voice: VoiceSettings = field(default_factory=VoiceSettings)
    character: Character = field(default_factory=Character)
    budget: BudgetLimits = field(default_factory=BudgetLimits)
    echo: str = ""
    language: str = ""
    hearing: TranscriptionPolicy = EVERYTHING
    zone: str = "UTC"
    clip_seconds: float = SECONDS_FOR_A_CLIP
    picture_folders: tuple[Path, ...] = ()
    turns_at_once: int = TURNS_AT_ONCE
    messages_per_minute: int = MESSAGES_AT_MOST
    drain_seconds: float = DRAIN_SECONDS


@dataclass(frozen=True, slots=True)
class Agent:
    """A running agent: `acceptor.accept` is what channels call."""

    acceptor: Acceptor
    engine: Engine
    memory: Memory
    jobs: JobRunner
    reminders: ReminderTimer
    owners: Owners
    commands: tuple[Command, ...]


@asynccontextmanager
async def open_agent(
    *,
    store: Store,
    channels: Mapping[str, Channel],
    look: Look,
    providers: Providers,
    media: MediaReader,
    settings: AgentSettings,
    clock: Clock,
) -> AsyncIterator[Agent]:
    """An agent that takes up what was left and runs until the block ends, then drains. `look` tells how every channel
    is, also one that is not among `channels` because it cannot connect."""
    engine: Engine

    def wake(conversation: Conversation) -> None:
        engine.wake(conversation)

    owners = Owners(doors=settings.doors, cursors=store, outbox=store, clock=clock, wake=wake)
    makers = Makers(providers.videos, providers.music, settings.clip_seconds)
    budget = Budget(store, clock, limits=settings.budget, zone=settings.zone)
    jobs = JobRunner(jobs=store, blobs=store, makers=makers, clock=clock, budget=budget, wake=wake)
    timer = ReminderTimer(store=store, clock=clock, wake=wake)
    bills = SpeechCosts(ledger=store, synthesizer=providers.synthesizer, clock=clock)
    memory = Memory(history=store, chat=providers.chat, budget=budget, clock=clock, holds=providers.holds)
    gallery = ImageSources(DurableBlobs(store, clock), providers.web, settings.picture_folders)
    tools = all_tools(providers, gallery, jobs, timer, settings.zone, clock)
    commands = all_commands(store, look, providers, settings, jobs, Money(budget, providers.credit), clock, wake)
    runner = TurnRunner(
        store=TurnStore(store, store, store),
        verbs=Verbs(
            listener(store, media, providers, settings, clock, budget),
            memory,
            Thinker(chat=providers.chat, tools=tools, steps=store, blobs=store, clock=clock, budget=budget),
            speaker(store, media, providers, settings, clock, budget, bills),
            Commands(commands, lambda channel, person: person in settings.doors[channel].owners),
            media,
        ),
        channels=channels,
        clock=clock,
        manners=TurnSettings(settings.models.default, settings.voice, settings.character, settings.doors),
        budget=budget,
        alert=owners.alert,
    )
    engine = Engine(
        store,
        clock,
        run_turn=runner.run,
        deliver_all=Deliverer(outbox=store, channels=channels, clock=clock, wake=wake).deliver_all,
        serves=lambda channel: channel in channels,
        turns_at_once=settings.turns_at_once,
        drain_seconds=settings.drain_seconds,
    )
    desk, pace = AcceptStore(store, store, store), RateLimit(clock, messages=settings.messages_per_minute)
    acceptor = Acceptor(store=desk, lanes=engine, owners=owners, doors=settings.doors, clock=clock, pace=pace)
    async with AsyncExitStack() as stack:
        for part in (memory, bills, engine, jobs, timer):
            await stack.enter_async_context(part)
        stack.push_async_callback(engine.drain)  # first of all: what still runs may start a job or set a reminder
        yield Agent(acceptor, engine, memory, jobs, timer, owners, commands)


def all_tools(
    providers: Providers, gallery: ImageSources, jobs: JobRunner, timer: ReminderTimer, zone: str, clock: Clock
) -> tuple[Tool, ...]:
    """What the model may call: only what somebody here can do."""
    tools = []
    if providers.images is not None:
        tools.append(image_generate(providers.images, gallery))
    if providers.videos is not None:
        tools.append(video_generate(jobs, clock, gallery))
    if providers.music is not None:
        tools.append(music_generate(jobs, clock, gallery))
    return (*tools, reminder(timer, clock, zone))


def listener(
    store: Store, media: MediaReader, providers: Providers, settings: AgentSettings, clock: Clock, budget: Budget
) -> Listener:
    """Who fetches and hears what was attached."""
    return Listener(
        steps=store,
        blobs=store,
        sounds=media,
        pictures=media,
        transcriber=providers.transcriber,
        clock=clock,
        budget=budget,
        language=settings.language,
        echo=settings.echo,
        hearing=settings.hearing,
    )


def speaker(
    store: Store,
    media: MediaReader,
    providers: Providers,
    settings: AgentSettings,
    clock: Clock,
    budget: Budget,
    bills: SpeechCosts,
) -> Speaker:
    """Who says answers aloud."""
    voice = settings.voice
    return Speaker(
        synthesizer=providers.synthesizer,
        voices=media,
        shortener=SpeechSummarizer(
            chat=providers.chat,
            steps=store,
            clock=clock,
            budget=budget,
            model=voice.summary_model,
            seconds=voice.summary_seconds,
        ),
        steps=store,
        blobs=store,
        clock=clock,
        budget=budget,
        longest=voice.longest_characters,
        unpriced=bills.wake,
    )


def all_commands(
    store: Store,
    look: Look,
    providers: Providers,
    settings: AgentSettings,
    jobs: JobRunner,
    money: Money,
    clock: Clock,
    wake: Callable[[Conversation], None],
) -> tuple[Command, ...]:
    """Every slash command but /stop, which never queues."""
    commands: tuple[Command, ...] = ()
    commands = (
        *about_commands(
            look=look,
            money=money,
            model=settings.models.default,
            lacks=providers.lacks,
            others=lambda: commands,
        ),
        *conversation_commands(inbox=store, history=store, sessions=store),
        *choosing_commands(sessions=store, models=settings.models, voice=settings.voice.mode, guide=providers.guide),
        *job_commands(jobs=store, runner=jobs, clock=clock),
        *people_commands(access=store, outbox=store, clock=clock, wake=wake),
        *money_commands(money),
    )
    return commands
