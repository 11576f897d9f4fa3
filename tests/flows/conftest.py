"""Every story is told on Telegram and on Discord, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox import Sandbox
from tests.flows.world import World, open_world
from tests.sides import SIDES, DiscordSide, Side, TelegramSide


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(render_seconds=0.01) as running:
        yield running


@pytest.fixture(params=SIDES)
async def side(request: pytest.FixtureRequest) -> AsyncIterator[Side]:
    async with SIDES[request.param]() as running:
        yield running


@pytest.fixture
async def world(side: Side, sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(side, sandbox, tmp_path) as running:
        yield running


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramSide]:
    async with TelegramSide() as running:
        yield running


@pytest.fixture
async def discord() -> AsyncIterator[DiscordSide]:
    async with DiscordSide() as running:
        yield running


@pytest.fixture
async def on_telegram(telegram: TelegramSide, sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(telegram, sandbox, tmp_path) as running:
        yield running
