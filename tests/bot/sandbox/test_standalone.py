"""python -m bot.sandbox."""

from __future__ import annotations

import asyncio
import signal
import sys

import aiohttp


async def test_it_runs_on_its_own_says_where_and_ends_when_told() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.sandbox", "--port", "0", "--key", "k", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        base = line.removeprefix("Sandbox OpenRouter: ").strip()
        async with (
            aiohttp.ClientSession(headers={"Authorization": "Bearer k"}) as session,
            session.get(f"{base}/key") as response,
        ):
            status = response.status
        process.send_signal(signal.SIGTERM)
        ended = await asyncio.wait_for(process.wait(), 20)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert base.startswith("http://127.0.0.1:")
    assert (status, ended) == (200, 0)
