"""The whole program in this process: the real app between a stand-in provider and a stand-in chat platform."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.app import DaemonConsole, open_app
from bot.app_health import App, announced
from bot.config.load import parse
from bot.core.clock import SystemClock
from bot.core.ports.clock import Clock
from bot.ops.counts import counting
from bot.sandbox import Sandbox
from tests.sides import Seen, Side


class HurriedClock(SystemClock):
    """A clock that runs `times` as fast as time."""

    def __init__(self, times: float) -> None:
        self._times, self._began, self._from = times, super().monotonic(), super().now()

    def now(self) -> datetime:
        return self._from + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (super().monotonic() - self._began) * self._times

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._times)


@dataclass(frozen=True)
class World:
    """What a story needs: the app, the chat, the provider."""

    app: App
    side: Side
    sandbox: Sandbox

    async def answer(self, ending: str, chat: str = "") -> Seen:
        """The text that ends so, as soon as it is there."""
        found: list[Seen] = []

        def there() -> bool:
            found[:] = [seen for seen in self.side.seen(chat) if seen.kind == "text" and seen.text.endswith(ending)]
            return bool(found)

        await self.side.until(there)
        return found[-1]

    async def settled(self) -> None:
        """Returns once no conversation has work in hand."""
        async with asyncio.timeout(30):
            await self.app.agent.engine.settled()

    def texts(self, chat: str = "") -> list[str]:
        return [seen.text for seen in self.side.seen(chat) if seen.kind == "text"]

    def kinds(self, chat: str = "") -> list[str]:
        return [seen.kind for seen in self.side.seen(chat)]

    def prompts(self) -> list[str]:
        """The bodies of the chat requests, as text."""
        return [json.dumps(asked.body, ensure_ascii=False) for asked in self.sandbox.asked("/chat/completions")]


_DEFAULTS: Mapping[str, object] = {"models": {"openrouter/auto": {}, "openrouter/anthropic/claude-sonnet-4.6": {}}}


@asynccontextmanager
async def open_world(
    side: Side,
    sandbox: Sandbox,
    folder: Path,
    *,
    tts: str = "inbound",
    owners: tuple[str, ...] = (),
    defaults: Mapping[str, object] | None = None,
    clock: Clock | None = None,
    **channel: object,
) -> AsyncIterator[World]:
    """The app receives while the block runs. `channel` changes the channel's section; state stays in `folder`.

    `defaults` is laid over agents.defaults."""
    provider = {"baseUrl": sandbox.base_url, "apiKey": sandbox.key}
    config = {
        "models": {"providers": {"openrouter": provider}},
        "agents": {"defaults": {**_DEFAULTS, **(defaults or {})}},
        "messages": {"tts": {"auto": tts}},
        "channels": side.config(**channel),
        "owners": list(owners),
    }
    state, told = folder / "state", list[str]()
    made = parse(json.dumps(config), "the story")
    with counting() as counts:
        async with AsyncExitStack() as stack:
            opening = open_app(
                made,
                state,
                environ={},
                clock=clock or SystemClock(),
                console=DaemonConsole(tell=told.append),
                counts=counts,
            )
            app = await stack.enter_async_context(opening)
            await stack.enter_async_context(app.links.receiving(app.agent.acceptor.accept, announced(app, told.append)))
            await app.links.first_round()
            assert not app.links.hopeless, told
            yield World(app, side, sandbox)
