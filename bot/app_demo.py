"""Composition of `voxline demo`: the whole program on this machine alone, against the sandbox provider."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
import webbrowser
from importlib.util import find_spec
from pathlib import Path

from bot.app import App, DaemonConsole, serve
from bot.config.load import parse
from bot.config.page_key import new_page_key
from bot.core.clock import SystemClock
from bot.core.errors import ChannelDown
from bot.net.port_in_use import holder
from bot.sandbox import Sandbox

DRAIN_SECONDS = 3.0
VOICE_PACKAGES = {"espeakng_loader": "espeakng-loader", "pocketsphinx": "pocketsphinx"}
DEMO_CONFIG = """{
  models: { providers: { openrouter: { baseUrl: %(base)s, apiKey: %(key)s } } },
  messages: { tts: { auto: %(speaks)s } },
  tools: { media: { audio: { enabled: %(hears)s } } },
  channels: { web: { enabled: true, port: %(port)d } },
  logging: { level: "error" },
}"""


async def demo(state_dir: Path | None, port: int, open_browser: bool) -> int:
    """The whole program on this machine alone: a stand-in provider and the local page. Returns the exit status.

    Raises `ChannelDown` when the port is taken."""
    missing = missing_voice()
    with contextlib.ExitStack() as stack:
        if state_dir is None:
            state_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="voxline-demo-")))
        async with Sandbox(words_per_second=40, render_seconds=6, warm=not missing) as sandbox:
            written = DEMO_CONFIG % {
                "base": json.dumps(sandbox.base_url),
                "key": json.dumps(sandbox.key),
                "port": port,
                "speaks": json.dumps("off" if missing else "inbound"),
                "hears": json.dumps(not missing),
            }
            console = DaemonConsole(
                tell=lambda _: None,
                stopping=_print,
                ready=lambda app: _invite(app, port, open_browser, missing),
                drain_seconds=DRAIN_SECONDS,
            )
            await asyncio.to_thread(new_page_key, state_dir)  # each demo has an address of its own
            config = parse(written, "the demo's configuration")
            return await serve(config, state_dir, clock=SystemClock(), console=console, environ={})


def missing_voice() -> tuple[str, ...]:
    """The packages of the extra `demo` that are not installed: without them it neither hears nor speaks."""
    return tuple(package for module, package in VOICE_PACKAGES.items() if find_spec(module) is None)


def without_voice(missing: tuple[str, ...]) -> str:
    """What is missing and how to install it into this very environment."""
    uv = "uv/tools" in Path(sys.prefix).as_posix() or find_spec("pip") is None
    installer = f"uv pip install --python {sys.executable}" if uv else f"{sys.executable} -m pip install"
    return (
        f"Without voice: the extra `demo` is not installed ({' and '.join(missing)}). This demo reads and writes only."
        f"\nTo hear and speak: {installer} {' '.join(missing)}"
    )


def _invite(app: App, port: int, open_browser: bool, missing: tuple[str, ...]) -> None:
    if not app.page:
        who = holder(port) or "another program"
        raise ChannelDown(f"Port {port} is taken by {who}. Choose one with --port; 0 finds a free one.")
    if missing:
        _print(without_voice(missing))
    _print(f"Voxline demo: {app.page}")
    _print(f"Open it and type{'' if missing else ', or press the microphone and speak'}. Ctrl+C ends the demo.")
    if open_browser:
        webbrowser.open(app.page)


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201
