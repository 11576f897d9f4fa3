"""Health of the daemon: liveness, readiness, metrics, watchdog, status and alerts to the owners."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from bot import __version__
from bot.agent.assembly import Agent
from bot.agent.durable_writes import write_durably
from bot.app_pairing import pairing_answers
from bot.core.background import BackgroundTask, run_forever
from bot.core.errors import StateError, StoreUnavailable
from bot.core.ports.channel import Health
from bot.core.ports.clock import Clock
from bot.ops.channel_supervisor import Changed, ChannelSupervisor
from bot.ops.control import Answer, Facts
from bot.ops.counts import Counts
from bot.ops.metrics import exposition
from bot.store import SqliteStore
from bot.systemd_notify import WATCHDOG, notify, status, watchdog_seconds

log = logging.getLogger(__name__)

A_DAY = 86_400.0
SECONDS_WITHOUT_SYSTEMD = 3600.0


@dataclass(frozen=True, slots=True)
class App:
    """A daemon with its parts open. `held`: a crash loop was stopped. `chores`: background loops of the daemon itself.
    `model`: the provider's health."""

    store: SqliteStore
    agent: Agent
    links: ChannelSupervisor
    counts: Counts
    clock: Clock
    started_at: datetime
    started: float
    held: bool = False
    chores: list[BackgroundTask] = field(default_factory=list)
    model: Callable[[], Health] = lambda: Health(True, "")

    @property
    def uptime_seconds(self) -> float:
        return self.clock.monotonic() - self.started

    @property
    def background(self) -> tuple[BackgroundTask, ...]:
        """Every background loop of the daemon, of its agent and of its channels."""
        return (*self.chores, *self.agent.background, *self.links.background)

    @property
    def page(self) -> str:
        """What opens the local page; it carries the key. "" while the page is not served."""
        address: str = getattr(self.links.channels.get("web"), "address", "")  # the one channel that has one
        return address


def announced(app: App, tell: Callable[[str], None]) -> Changed:
    """The callback for a channel that comes up or goes down: prints a line, sets systemd's status, wakes its
    conversations, alerts the owners."""

    async def changed(name: str, health: Health) -> None:
        tell(f"{name}: {'' if health.ok else 'not connected. '}{health.detail}")
        notify(status(f"talking on {', '.join(app.links.channels) or 'nothing yet'}"))
        if not health.ok:
            await app.agent.owners.alert(f"down:{name}", f"{name} does not work: {health.detail}")
            return
        for conversation in await write_durably(app.store.open_conversations, app.clock):
            if conversation.channel == name:
                app.agent.engine.wake(conversation)
        if app.held:
            await app.agent.owners.alert("crashes", "I died several times in a row. The log says why.")

    return changed


async def is_alive(app: App) -> Health:
    """Whether the event loop, the writer thread, every channel's loop and every background loop run."""
    if not app.store.alive():
        return Health(False, "the store's writer thread hangs or has ended")
    if stuck := app.links.stuck:
        return Health(False, f"stuck: {', '.join(stuck)}")
    if ended := [task.name for task in app.background if not task.running]:
        return Health(False, f"ended: {', '.join(ended)}")
    return Health(True, "ok")


async def is_ready(app: App) -> Health:
    """Readiness: whether messages come and go everywhere; else the parts that do not work."""
    parts = {"store": await store_health(app), "model": app.model(), **await app.links.look()}
    wrong = [f"{name}: {health.detail}" for name, health in parts.items() if not health.ok]
    wrong += [f"{task.name}: fails again and again; the log says why" for task in app.background if task.failing]
    return Health(not wrong, "; ".join(wrong) or "ready")


async def store_health(app: App) -> Health:
    """Whether the store takes writes."""
    try:
        return await app.store.ping()
    except StoreUnavailable as error:
        return Health(False, str(error))


async def metrics(app: App) -> str:
    """The figures for Prometheus."""
    return exposition(
        counts=app.counts,
        channels=await app.links.look(),
        store=await store_health(app),
        backlog=await app.store.backlog(),
        spend=await app.store.spent_by_capability(app.started_at),
        uptime_seconds=app.uptime_seconds,
    )


@asynccontextmanager
async def chores(app: App, keep_days: int) -> AsyncIterator[None]:
    """Runs the daemon's own background loops, the watchdog and the daily care of the store, until the block ends."""
    app.chores.append(run_forever("watchdog", partial(beat, app), app.clock))
    app.chores.append(run_forever("store", partial(tend_store, app, keep_days), app.clock))
    try:
        yield
    finally:
        for task in app.chores:
            await task.stop()
        app.chores.clear()


async def beat(app: App) -> None:
    """Sends systemd the watchdog's ping, if the daemon is alive, and rests until the next one."""
    seconds = watchdog_seconds()
    health = await is_alive(app)
    if health.ok:
        notify(WATCHDOG)
    else:
        log.error("daemon.stuck", extra={"why": health.detail})
    await app.clock.sleep(SECONDS_WITHOUT_SYSTEMD if seconds is None else seconds)


async def tend_store(app: App, days: int) -> None:
    """Checks the database, removes what ended more than `days` ago, and rests for a day."""
    if await _is_sound(app):
        await _sweep(app, days)
    await app.clock.sleep(A_DAY)


async def _is_sound(app: App) -> bool:
    """False for a damaged database, which accepts nothing from now on and is left as it is."""
    try:
        await app.store.check()
    except StateError as error:
        log.error("store.damaged", extra={"why": str(error)})
        await app.agent.owners.alert("damaged", str(error))
        return False
    except StoreUnavailable as error:
        log.warning("store.not_checked", extra={"why": str(error)})
    return True


async def _sweep(app: App, days: int) -> None:
    try:
        swept = await app.store.sweep(app.clock.now(), days)
    except (StoreUnavailable, OSError) as error:
        log.warning("store.not_swept", extra={"why": str(error)})
    else:
        log.info("store.swept", extra={"rows": swept})


def control_answers(app: App) -> Mapping[str, Answer]:
    """The commands of the control socket."""

    async def status_facts(_: Mapping[str, str]) -> Facts:
        model, backlog = app.model(), await app.store.backlog()
        health = {**({} if model.ok else {"model": model}), **await app.links.look()}
        return {
            "pid": os.getpid(),
            "version": __version__,
            "uptime_seconds": round(app.uptime_seconds),
            "page": app.page,
            "health": {name: {"ok": part.ok, "detail": part.detail} for name, part in health.items()},
            "working": app.agent.engine.running,
            "waiting_messages": backlog.messages,
            "waiting_parts": backlog.parts,
            "oldest_waiting_seconds": round(backlog.oldest_seconds),
            "spent_today_microdollars": await app.agent.budget.spent(),
            "zone": app.agent.budget.zone,
        }

    async def backup(asked: Mapping[str, str]) -> Facts:
        if not asked.get("file", "").startswith("/"):
            raise StateError("the backup needs a file with its whole path")
        await app.store.back_up(Path(asked["file"]))
        return {"file": asked["file"]}

    pairing = pairing_answers(app.store, app.clock, app.agent.engine.wake)
    return {"status": status_facts, "backup": backup, **pairing}
