"""The composition root: from the configuration to a running daemon, everything opened in one place and closed in
the reverse order. The only module of `bot` that imports `channels`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.agent.assembly import Agent, Providers, open_agent
from bot.agent.commands.command import MENU
from bot.app_settings import agent_settings, known_secrets
from bot.config.load import environment, parse
from bot.config.model import Config
from bot.config.profiles import FILE_NAME, read_profiles
from bot.core.clock import SystemClock
from bot.core.errors import ChannelDown, ProviderError
from bot.core.ports import Accept, Channel, Clock
from bot.media.reader import MediaReader
from bot.net.redact import Redactor, install_logging
from bot.openrouter.account import account, left
from bot.openrouter.client import OpenRouterClient
from bot.openrouter.provider import open_openrouter
from bot.store import SqliteStore, open_store
from bot.systemd_notify import READY, STOPPING, WATCHDOG, notify, status, watchdog_seconds
from channels import make_channels

log = logging.getLogger(__name__)

SECONDS_BEFORE_RECEIVING_AGAIN = 5.0
EXIT_UNUSABLE = 78

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class App:
    """A daemon with its parts open."""

    store: SqliteStore
    agent: Agent
    channels: Mapping[str, Channel]


@asynccontextmanager
async def open_app(
    config: Config, state_dir: Path, *, environ: Mapping[str, str], clock: Clock, tell: Tell
) -> AsyncIterator[App]:
    """Everything open and channels connected. `tell` gets one line for each channel.

    Raises `ConfigError` and `StateError` for what the operator has to mend."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(state_dir, clock))
        profiles = await asyncio.to_thread(read_profiles, state_dir / FILE_NAME)
        provider = await stack.enter_async_context(
            open_openrouter(config, profiles, environ, blobs=store, state_dir=state_dir, clock=clock)
        )
        for note in provider.notes:
            log.warning("provider.note", extra={"note": note})
            tell(note)
        made = make_channels(config.channels, store=store, environ=environ, menu=MENU, clock=clock)
        channels = await _connect(made, stack, tell)
        agent = await stack.enter_async_context(
            open_agent(
                store=store,
                channels=channels,
                providers=Providers(
                    provider.chat,
                    provider.transcriber,
                    provider.synthesizer,
                    provider.images,
                    provider.videos,
                    provider.music,
                    lambda: credit(provider.client),
                ),
                media=MediaReader(store, ffmpeg_path=config.media.ffmpeg_path),
                settings=agent_settings(config),
                clock=clock,
            )
        )
        yield App(store, agent, channels)


async def credit(client: OpenRouterClient) -> str:
    """What the account has left, in a sentence."""
    try:
        return left(await account(client))
    except ProviderError as error:
        return f"Credit: not known at the moment. {error.tell}"


async def _connect(made: tuple[Channel, ...], stack: AsyncExitStack, tell: Tell) -> dict[str, Channel]:
    """The channels that work, connected side by side; each says in one line how it went."""
    connected: dict[str, Channel] = {}

    async def connect(channel: Channel) -> None:
        try:
            entered = await channel.__aenter__()
        except ChannelDown as error:
            tell(f"{channel.name}: not connected. {error}")
            return
        stack.push_async_exit(entered)
        connected[channel.name] = entered
        tell(f"{channel.name}: {(await entered.ping()).detail}")

    await asyncio.gather(*(connect(channel) for channel in made))
    return connected


async def serve(
    config: Config,
    state_dir: Path,
    *,
    clock: Clock,
    tell: Tell = print,
    ready: Callable[[App], None] = lambda _: None,
    environ: Mapping[str, str] | None = None,
) -> int:
    """Runs until SIGTERM or SIGINT; returns the exit status."""
    environ = environment(config, os.environ) if environ is None else environ
    install_logging(config.logging.level.upper(), Redactor(known_secrets(config, environ)))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with open_app(config, state_dir, environ=environ, clock=clock, tell=tell) as app:
            if not app.channels:
                tell("No channel is connected: there is nobody to talk to. Mend the lines above, then start again.")
                return EXIT_UNUSABLE
            ready(app)
            keep_collections_short()
            await _run(app, stop, clock)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
    return 0


def keep_collections_short() -> None:
    """What was made at start lives as long as the process: a full collection that walks it stalls the loop by 80 ms."""
    gc.collect()
    gc.freeze()


async def _run(app: App, stop: asyncio.Event, clock: Clock) -> None:
    """Receives until told to stop. Leaving stops the intake first; the agent then drains."""
    tasks = [
        asyncio.create_task(_keep_receiving(channel, app.agent.acceptor.accept, clock), name=f"receive {channel.name}")
        for channel in app.channels.values()
    ]
    tasks.append(asyncio.create_task(_watchdog(app, clock), name="watchdog"))
    notify(READY, status(f"talking on {', '.join(app.channels)}"))
    try:
        await stop.wait()
    finally:
        notify(STOPPING)
        log.info("daemon.stopping")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_receiving(channel: Channel, accept: Accept, clock: Clock) -> None:
    """Receives for as long as the daemon runs: what breaks is started again."""
    while True:
        try:
            await channel.receive(accept)
        except ChannelDown as error:
            log.error("channel.down", extra={"channel": channel.name, "why": str(error)})
            return
        except Exception:  # the door of the poll loop: a broken channel must not take the others with it
            log.exception("channel.broken", extra={"channel": channel.name})
        await clock.sleep(SECONDS_BEFORE_RECEIVING_AGAIN)


async def _watchdog(app: App, clock: Clock) -> None:
    """Tells systemd that the daemon lives: from this loop, and only while the store answers."""
    seconds = watchdog_seconds()
    while seconds is not None:
        if (await app.store.ping()).ok:
            notify(WATCHDOG)
        await clock.sleep(seconds)


DEMO_CONFIG = """{
  models: { providers: { openrouter: { baseUrl: %(base)s, apiKey: %(key)s } } },
  messages: { tts: { auto: "inbound" } },
  channels: { web: { enabled: true, port: %(port)d } },
  logging: { level: "warning" },
}"""


async def demo(state_dir: Path | None, port: int, open_browser: bool) -> int:
    """The whole program on this machine alone: a stand-in provider and the local page."""
    import json

    from bot.sandbox import Sandbox

    with contextlib.ExitStack() as stack:
        if state_dir is None:
            state_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="voxline-demo-")))
        async with Sandbox(words_per_second=40, render_seconds=6, warm=True) as sandbox:
            written = DEMO_CONFIG % {
                "base": json.dumps(sandbox.base_url),
                "key": json.dumps(sandbox.key),
                "port": port,
            }
            return await serve(
                parse(written, "the demo's configuration"),
                state_dir,
                clock=SystemClock(),
                tell=lambda _: None,
                ready=lambda app: _invite(app, open_browser),
                environ={},
            )


def _invite(app: App, open_browser: bool) -> None:
    address = getattr(app.channels["web"], "address")  # noqa: B009  the page is the one channel with an address
    print(f"Voxline demo: {address}", flush=True)  # noqa: T201
    print("Open it and type, or press the microphone and speak. Ctrl+C ends the demo.", flush=True)  # noqa: T201
    if open_browser:
        webbrowser.open(address)
