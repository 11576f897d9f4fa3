"""python -m bot.sandbox: the sandbox on its own, until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from bot.sandbox.server import Sandbox


async def serve(sandbox: Sandbox) -> None:
    """Runs until SIGINT or SIGTERM; says where on standard output."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with sandbox:
        sys.stdout.write(f"Sandbox OpenRouter: {sandbox.base_url}\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description="An offline OpenRouter on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--key", default="sandbox-key", help="the bearer key it accepts")
    parser.add_argument("--words-per-second", type=float, default=40.0, help="0 streams without delay")
    parser.add_argument("--render-seconds", type=float, default=4.0, help="how long a clip takes")
    options = parser.parse_args()
    asyncio.run(
        serve(
            Sandbox(
                options.port,
                key=options.key,
                words_per_second=options.words_per_second,
                render_seconds=options.render_seconds,
                warm=True,
            )
        )
    )


if __name__ == "__main__":
    main()
