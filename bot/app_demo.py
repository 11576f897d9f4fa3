"""Composition of `voxline demo`: the whole program on this machine alone, against the sandbox provider."""

from __future__ import annotations

import contextlib
import json
import tempfile
import webbrowser
from pathlib import Path

from bot.app import App, serve
from bot.config.load import parse
from bot.core.clock import SystemClock
from bot.core.errors import ChannelDown
from bot.net.port_in_use import holder
from bot.sandbox import Sandbox

DEMO_CONFIG = """{
  models: { providers: { openrouter: { baseUrl: %(base)s, apiKey: %(key)s } } },
  messages: { tts: { auto: "inbound" } },
  channels: { web: { enabled: true, port: %(port)d } },
  logging: { level: "error" },
}"""


async def demo(state_dir: Path | None, port: int, open_browser: bool) -> int:
    """The whole program on this machine alone: a stand-in provider and the local page. Returns the exit status.

    Raises `ChannelDown` when the port is taken."""
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
                ready=lambda app: _invite(app, port, open_browser),
                environ={},
            )


def _invite(app: App, port: int, open_browser: bool) -> None:
    if not app.page:
        who = holder(port) or "another program"
        raise ChannelDown(f"Port {port} is taken by {who}. Choose one with --port; 0 finds a free one.")
    print(f"Voxline demo: {app.page}", flush=True)  # noqa: T201
    print("Open it and type, or press the microphone and speak. Ctrl+C ends the demo.", flush=True)  # noqa: T201
    if open_browser:
        webbrowser.open(app.page)
