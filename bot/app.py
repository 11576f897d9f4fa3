"""The composition root: from the configuration to a running daemon, everything opened in one place and closed in
the reverse order. The only module of `bot` that imports `channels`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.agent.assembly import DRAIN_SECONDS, AgentPorts, AgentProviders, open_agent
from bot.agent.commands.command import MENU
from bot.app_health import App, announced, chores, control_answers, is_alive, is_ready, metrics
from bot.app_page import page_answers
from bot.app_settings import agent_settings
from bot.config.known_secrets import known_secrets
from bot.config.load import environment
from bot.config.model import Config
from bot.config.page_key import page_key
from bot.config.profiles import FILE_NAME, read_profiles
from bot.core.errors import MediaError, ProviderError, VoxlineError
from bot.core.ports.clock import Clock
from bot.core.ports.models import ChatModel
from bot.media.reader import MediaReader
from bot.net.redact import Redactor, install_logging
from bot.net.ssrf_guard import SsrfGuard
from bot.openrouter.account import account, left
from bot.openrouter.chat.redaction import RedactedChat
from bot.openrouter.guide import Guide
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.provider import OpenRouter, open_openrouter
from bot.ops.channel_supervisor import ChannelSupervisor
from bot.ops.control import control
from bot.ops.counts import Counts, counting
from bot.ops.crash_loop import hold_seconds, is_crash_loop, mark_end, mark_start
from bot.ops.http import serve_health
from bot.ops.loop_errors import sparing_words
from bot.store import open_store
from bot.store.network_share import refuse_share
from bot.systemd_notify import READY, STOPPING, notify, status
from channels import make_channels

__all__ = ["App", "DaemonConsole", "serve"]

log = logging.getLogger(__name__)
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # the last when its terminal is closed

EXIT_UNUSABLE, EXIT_AT_ONCE = 78, 1
COLLECTIONS = (1000, 10, 1000)  # objects to a young one, young ones to a middle one, middle ones to a full one
HELD = frozenset({"discord"})  # platforms that count connections
NO_SOUND = "I can neither hear nor speak voice notes at the moment. Please write instead."
CRASH_LOOP = (
    "The daemon died {deaths} times within five minutes; the log says why. Discord, if it is enabled, is connected in "
    "{seconds:.0f} s, everything else at once."
)
NOBODY = "No channel is connected: there is nobody to talk to. Mend the lines above, then start again."

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DaemonConsole:
    """The terminal that started the daemon: `tell` prints a line about its parts, `stopping` one about its end,
    `ready` is called once it talks. At its end it waits `drain_seconds` at most for answers that are being made."""

    tell: Tell = print
    stopping: Tell = print
    ready: Callable[[App], None] = lambda _: None
    drain_seconds: float = DRAIN_SECONDS


@asynccontextmanager
async def open_app(
    config: Config, state_dir: Path, *, environ: Mapping[str, str], clock: Clock, console: DaemonConsole, counts: Counts
) -> AsyncIterator[App]:
    """Everything open but the channels, which `app.links` connects. The console prints what is lacking.

    Raises `ConfigError` and `StateError` for what the operator has to mend."""
    if not config.store.allow_network_share:
        await asyncio.to_thread(refuse_share, state_dir)
    async with AsyncExitStack() as stack:
        profiles = await asyncio.to_thread(read_profiles, state_dir / FILE_NAME)
        hidden = tuple(known_secrets(config, environ, profiles.stored))
        redactor = Redactor(hidden)
        store = await stack.enter_async_context(open_store(state_dir, clock, clean=redactor.clean))
        deaths = await asyncio.to_thread(mark_start, state_dir, clock.now())
        stack.push(lambda kind, _, __: _mark_orderly(state_dir, kind))
        provider = await stack.enter_async_context(
            open_openrouter(config, profiles, environ, blobs=store, state_dir=state_dir, clock=clock)
        )
        media = MediaReader(store, ffmpeg_path=config.media.ffmpeg_path)
        stack.callback(media.close)
        web = await stack.enter_async_context(SsrfGuard(plain=True))
        chat = RedactedChat(provider.chat, hidden)
        offered = providers(provider, chat, await unsound(media), web)
        for lack in offered.lacks:
            log.warning("daemon.lacks", extra={"what": str(lack)})
            console.tell(str(lack))
        crashing = is_crash_loop(deaths, config.health.crashes_before_hold)
        hold = hold_seconds(deaths, config.health.crashes_before_hold)
        if crashing:
            log.error("daemon.crash_loop", extra={"deaths": deaths, "hold_seconds": hold})
            console.tell(CRASH_LOOP.format(deaths=deaths, seconds=hold))
        key = await asyncio.to_thread(page_key, state_dir)
        made = make_channels(config, store=store, environ=environ, menu=MENU, clock=clock, page_key=key)
        links = await stack.enter_async_context(ChannelSupervisor(made, clock=clock, hold_seconds=hold, held=HELD))
        agent = await stack.enter_async_context(
            open_agent(
                AgentPorts(store, links.channels, media, clock, links.look),
                offered,
                replace(agent_settings(config), drain_seconds=console.drain_seconds),
            )
        )
        now, started = clock.now(), clock.monotonic()
        yield App(store, agent, links, counts, clock, now, started, crashing, model=lambda: provider.client.health)


async def unsound(media: MediaReader) -> tuple[MediaError, ...]:
    """Why sound can be neither read nor written; nothing where it can."""
    try:
        await media.check()
    except MediaError as error:
        return (MediaError(f"Voice notes are neither understood nor sent: {error}.", tell=NO_SOUND),)
    return ()


def providers(provider: OpenRouter, chat: ChatModel, unsound: tuple[MediaError, ...], web: SsrfGuard) -> AgentProviders:
    """The provider's capabilities. Without ffmpeg no speech is ordered: it would be paid for and never sent."""
    return AgentProviders(
        chat=chat,
        transcriber=None if unsound else provider.transcriber,
        synthesizer=None if unsound else provider.synthesizer,
        images=provider.images,
        videos=provider.videos,
        music=provider.music,
        credit=(lambda: credit(provider.client)) if provider.client.route.key else None,
        lacks=(*provider.notes, *unsound),
        guide=Guide(provider.catalog),
        web=web,
        context_size=provider.chat.context_tokens,
    )


async def credit(client: OpenRouterClient) -> str:
    """The account's credit, in a sentence."""
    try:
        return left(await account(client))
    except ProviderError as error:
        return f"Credit: not known at the moment. {error.tell}"


def _mark_orderly(state_dir: Path, kind: type[BaseException] | None) -> None:
    """An end with an error of our own is no crash."""
    if kind is None or issubclass(kind, VoxlineError | asyncio.CancelledError):
        mark_end(state_dir)


async def serve(
    config: Config,
    state_dir: Path,
    *,
    clock: Clock,
    console: DaemonConsole = DaemonConsole(),
    environ: Mapping[str, str] | None = None,
) -> int:
    """Runs until SIGTERM, SIGINT or SIGHUP; a second one ends the process at once. Returns the exit
    status."""
    environ = environment(config, os.environ) if environ is None else environ
    profiles = await asyncio.to_thread(read_profiles, state_dir / FILE_NAME)
    install_logging(config.logging.level.upper(), Redactor(known_secrets(config, environ, profiles.stored)))
    asyncio.get_running_loop().set_exception_handler(sparing_words())
    stop = asyncio.Event()
    with _signals(stop, state_dir), counting() as counts:
        async with open_app(config, state_dir, environ=environ, clock=clock, console=console, counts=counts) as app:
            return await _run(app, config, state_dir, stop, console)


@contextmanager
def _signals(stop: asyncio.Event, state_dir: Path) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def signalled() -> None:
        if stop.is_set():  # a second signal waits for nothing; everything accepted is in the database
            mark_end(state_dir)
            log.warning("daemon.ended_at_once")
            os._exit(EXIT_AT_ONCE)
        stop.set()

    for number in SIGNALS:
        loop.add_signal_handler(number, signalled)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


async def _run(app: App, config: Config, state_dir: Path, stop: asyncio.Event, console: DaemonConsole) -> int:
    """Receives until a signal. Leaving stops the intake first; the agent then drains."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(control(state_dir, {**control_answers(app), **page_answers(app, state_dir)}))
        if config.health.port is not None:
            port = await stack.enter_async_context(
                serve_health(
                    config.health.port,
                    alive=lambda: is_alive(app),
                    ready=lambda: is_ready(app),
                    metrics=lambda: metrics(app),
                )
            )
            log.info("health.served", extra={"port": port})
        await stack.enter_async_context(app.links.receiving(app.agent.acceptor.accept, announced(app, console.tell)))
        await _first(app.links.first_round(), stop.wait())
        if app.links.hopeless:
            console.tell(NOBODY)
            return EXIT_UNUSABLE
        if not stop.is_set():
            console.ready(app)
            keep_collections_short()
            notify(READY, status(f"talking on {', '.join(app.links.channels) or 'nothing yet'}"))
            async with chores(app, config.store.keep_days):
                await stop.wait()
        mark_end(state_dir)
        notify(STOPPING)
        log.info("daemon.stopping")
        if running := app.agent.engine.running + app.agent.jobs.irrevocable:
            console.stopping(_waits_for(running, console.drain_seconds))
    return 0


def _waits_for(running: int, seconds: float) -> str:
    answers = "1 answer is" if running == 1 else f"{running} answers are"
    return f"Stopping: {answers} still being made, I wait {seconds:.0f} s at most. Ctrl+C again ends at once."


def keep_collections_short() -> None:
    """What was made at start lives as long as the process, and what a turn leaves is freed by reference counts: full
    collections, which stall the loop by up to 80 ms, skip the one and may be rare for the other."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)


async def _first(*waits: Coroutine[None, None, object]) -> None:
    """Returns when the first of them does; the others are cancelled."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
