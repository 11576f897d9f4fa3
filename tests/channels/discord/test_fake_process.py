"""The stand-in for Discord as a process of its own, for tests that kill the daemon."""

from __future__ import annotations

import asyncio
import json
import sys

import aiohttp

from channels.discord.adapter import DiscordChannel
from channels.discord.settings import DiscordSettings
from tests.channels.discord.conftest import Desk, HastyClock, listening
from tests.fakes.shelf import Shelf


async def test_the_fake_runs_alone_and_is_driven_over_http(shelf: Shelf, desk: Desk, clock: HastyClock) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.discord_api", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        place = json.loads(await process.stdout.readline())
        control = place["base"].removesuffix("/api/v10") + "/control"
        settings = DiscordSettings(place["token"], api_base=place["base"], guild_wait_seconds=0.05)
        channel = DiscordChannel(settings, cursors=shelf, blobs=shelf, clock=clock)

        async with aiohttp.ClientSession() as session, channel, listening(channel, desk):
            said = {"channel": place["dm"], "author": "Ada", "text": "hello"}
            async with session.post(f"{control}/say", json=said) as answer:
                message_id = (await answer.json())["id"]
            heard = await desk.heard()
            async with session.get(f"{control}/dump") as answer:
                dump = await answer.json()

        assert heard[0].id == message_id
        assert [message["content"] for message in dump["history"][place["dm"]]] == ["hello"]
    finally:
        process.terminate()
        await process.wait()
