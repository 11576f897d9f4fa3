"""Dependency wiring of the agent: from ports and settings to verbs that know one another."""

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
from bot.agent.commands.choosing import ModelChoices, ModelGuide, Unguided, choosing_commands
from bot.agent.commands.command import Command, Commands
from bot.agent.commands.conversation import conversation_commands
from bot.agent.commands.jobs import job_commands
from bot.agent.commands.money import Money, money_commands
from bot.agent.commands.people import people_commands
from bot.agent.deliver import Deliverer
from bot.agent.durable_writes import DurableBlobs
from bot.agent.engine import TURNS_AT_ONCE, Engine, EngineLimits
from bot.agent.fit import Shrinker
from bot.agent.group_access import GroupAccess
from bot.agent.history.context import ContextSize, Memory
from bot.agent.listen import Listener, ListenSettings, PictureReader, SoundReader
from bot.agent.owners import Owners
from bot.agent.paid_steps import PaidSteps
from bot.agent.policy.access import AccessRules
from bot.agent.policy.budget import Budget, BudgetLimits
from bot.agent.policy.rate_limit import MESSAGES_AT_MOST, RateLimit
from bot.agent.policy.transcription_policy import EVERYTHING, TranscriptionPolicy
from bot.agent.prompt import Character
from bot.agent.speak import Speaker, VoiceMaker, VoiceSettings
from bot.agent.speech_summary import SpeechSummarizer
from bot.agent.think import Thinker
from bot.agent.turn import TurnRunner, TurnSettings, TurnStore, Verbs
from bot.core.background import BackgroundTask
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
from bot.core.zones import open_zone
from bot.tools.image_generate import image_generate
from bot.tools.media_jobs import music_generate, video_generate
from bot.tools.pictures import ImageSources, PublicWeb
from bot.tools.reminder import reminder
from bot.tools.tool import Tool


class Store(
    Inbox, Steps, History, Sessions, Outbox, Jobs, Reminders, Ledger, Access, Cursors, Blobs, Protocol
):  # fmt: skip
    """Every slice the agent uses."""


class AgentMedia(SoundReader, PictureReader, VoiceMaker, Shrinker, Protocol):
    """Everything the agent needs done to sound and pictures."""


@dataclass(frozen=True, slots=True)
class AgentProviders:
    """Who thinks, hears, speaks, draws, films and composes. None means switched off.

    `credit` says in a sentence what the account has left. `lacks` are what cannot be done, and why. `guide`
    knows the models.
    `context_size` says how many tokens a model can take; None where no catalog says it."""

    chat: ChatModel
    transcriber: Transcriber | None = None
    synthesizer: Synthesizer | None = None
    images: ImageGenerator | None = None
    videos: VideoGenerator | None = None
    music: MusicGenerator | None = None
    credit: Callable[[], Awaitable[str]] | None = None
    web: PublicWeb | None = None
    lacks: tuple[VoxlineError, ...] = ()
    guide: ModelGuide = field(default_factory=Unguided)
    context_size: ContextSize | None = None


DRAIN_SECONDS = 30.0  # for the turns that run when the daemon is stopped


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What the operator decided about the agent. `echo` is how what was heard is shown, with {transcript} in it;
    `clip_seconds` is how long a clip may take when its request does not say; `picture_folders` are open to tools."""

    models: ModelChoices
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
    speech_costs: SpeechCosts
    owners: Owners
    budget: Budget
    commands: tuple[Command, ...]

    @property
    def background(self) -> tuple[BackgroundTask, ...]:
        """The agent's background loops."""
        return tuple(
            task
            for task in (self.reminders.task, self.speech_costs.task, self.acceptor.not_taken.task)
            if task is not None
        )


@dataclass(frozen=True, slots=True)
class AgentPorts:
    """What the agent is connected to. `health` says how every channel is, also one that is not among `channels`
    because it cannot connect."""

    store: Store
    channels: Mapping[str, Channel]
    media: AgentMedia
    clock: Clock
    health: Look


@asynccontextmanager
async def open_agent(ports: AgentPorts, providers: AgentProviders, settings: AgentSettings) -> AsyncIterator[Agent]:
    """An agent that takes up what was left and runs until the block ends, then drains."""
    store, clock = ports.store, ports.clock
    engine: Engine

    def wake(conversation: Conversation) -> None:
        engine.wake(conversation)

    groups = await GroupAccess.loaded(settings.doors, cursors=store, outbox=store, clock=clock, wake=wake)
    owners = Owners(doors=groups.doors, cursors=store, outbox=store, clock=clock, wake=wake)
    budget = Budget(store, clock, limits=settings.budget, zone=settings.zone)
    paid = PaidSteps(store, clock, budget)
    makers = Makers(providers.videos, providers.music, settings.clip_seconds)
    jobs = JobRunner(store=store, makers=makers, clock=clock, budget=budget, wake=wake, alert_about=owners.alert_about)
    timer = ReminderTimer(store=store, clock=clock, wake=wake)
    costs = SpeechCosts(ledger=store, synthesizer=providers.synthesizer, clock=clock)
    memory = Memory(history=store, chat=providers.chat, paid=paid, context_size=providers.context_size)
    people, money = people_commands(store, store, groups, clock, wake), Money(budget, providers.credit)
    commands = all_commands(ports, providers, settings, jobs, money, people)
    runner = TurnRunner(
        store=TurnStore(store, store),
        verbs=Verbs(
            listener(ports, providers, settings, paid),
            memory,
            thinker(ports, providers, paid, all_tools(ports, providers, settings, jobs, timer), owners),
            speaker(ports, providers, settings, paid, costs.wake),
            Commands(commands, lambda channel, person: person in groups.doors[channel].owners),
            ports.media,
        ),
        channels=ports.channels,
        paid=paid,
        settings=TurnSettings(
            settings.models.default, settings.voice, settings.character, groups.doors, open_zone(settings.zone)
        ),
        owners=owners,
    )
    deliverer = Deliverer(outbox=store, channels=ports.channels, clock=clock, alert=owners.alert, wake=wake)
    engine = Engine(
        store,
        clock,
        run_turn=runner.run,
        deliver_all=deliverer.deliver_all,
        serves=lambda channel: channel in ports.channels,
        limits=EngineLimits(settings.turns_at_once, settings.drain_seconds),
    )
    slices, pace = AcceptStore(store, store, store), RateLimit(clock, messages=settings.messages_per_minute)
    acceptor = Acceptor(store=slices, lanes=engine, owners=owners, groups=groups, clock=clock, pace=pace)
    async with AsyncExitStack() as stack:
        for part in (memory, costs, engine, jobs, timer, acceptor.not_taken):
            await stack.enter_async_context(part)
        stack.push_async_callback(drain, engine, jobs, settings.drain_seconds, clock)
        yield Agent(acceptor, engine, memory, jobs, timer, costs, owners, budget, commands)


async def drain(engine: Engine, jobs: JobRunner, seconds: float, clock: Clock) -> None:
    """Waits `seconds` at most in all: first for the turns, because what still runs may start a job or set a reminder,
    then for the jobs that a restart could not take up."""
    until = clock.monotonic() + seconds
    await engine.drain()
    await jobs.drain(max(until - clock.monotonic(), 0.0))


def all_tools(
    ports: AgentPorts, providers: AgentProviders, settings: AgentSettings, jobs: JobRunner, timer: ReminderTimer
) -> tuple[Tool, ...]:
    """What the model may call: only what a configured provider can do."""
    clock = ports.clock
    sources = ImageSources(DurableBlobs(ports.store, clock), providers.web, settings.picture_folders)
    tools = []
    if providers.images is not None:
        tools.append(image_generate(providers.images, sources))
    if providers.videos is not None:
        tools.append(video_generate(jobs, clock, sources))
    if providers.music is not None:
        tools.append(music_generate(jobs, clock, sources))
    return (*tools, reminder(timer, clock, settings.zone))


def listener(ports: AgentPorts, providers: AgentProviders, settings: AgentSettings, paid: PaidSteps) -> Listener:
    """The verb that fetches and transcribes what was attached."""
    return Listener(
        paid=paid,
        blobs=ports.store,
        sounds=ports.media,
        pictures=ports.media,
        transcriber=providers.transcriber,
        settings=ListenSettings(settings.language, settings.echo, settings.hearing),
    )


def thinker(
    ports: AgentPorts, providers: AgentProviders, paid: PaidSteps, tools: tuple[Tool, ...], owners: Owners
) -> Thinker:
    """The verb that asks the model and runs its tool calls."""
    return Thinker(
        chat=providers.chat,
        tools=tools,
        paid=paid,
        blobs=DurableBlobs(ports.store, ports.clock),
        alert_about=owners.alert_about,
    )


def speaker(
    ports: AgentPorts,
    providers: AgentProviders,
    settings: AgentSettings,
    paid: PaidSteps,
    unpriced: Callable[[], None],
) -> Speaker:
    """The verb that says answers aloud."""
    voice = settings.voice
    summarizer = SpeechSummarizer(
        chat=providers.chat,
        paid=paid,
        model=voice.summary_model,
        seconds=voice.summary_seconds,
        longest=voice.longest_characters,
    )
    return Speaker(
        paid=paid,
        blobs=DurableBlobs(ports.store, ports.clock),
        synthesizer=providers.synthesizer,
        voices=ports.media,
        summarizer=summarizer,
        unpriced=unpriced,
    )


def all_commands(
    ports: AgentPorts,
    providers: AgentProviders,
    settings: AgentSettings,
    jobs: JobRunner,
    money: Money,
    people: tuple[Command, ...],
) -> tuple[Command, ...]:
    """Every slash command but /stop, which never queues."""
    store, clock = ports.store, ports.clock
    commands: tuple[Command, ...] = ()
    commands = (
        *about_commands(
            look=ports.health,
            money=money,
            model=settings.models.default,
            lacks=providers.lacks,
            others=lambda: commands,
        ),
        *conversation_commands(inbox=store, history=store, sessions=store),
        *choosing_commands(sessions=store, models=settings.models, voice=settings.voice.mode, guide=providers.guide),
        *job_commands(jobs=store, runner=jobs, clock=clock),
        *people,
        *money_commands(money),
    )
    return commands
