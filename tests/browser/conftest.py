"""The real program and a real browser. The browser's microphone hears a voice that was synthesized here."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bot.sandbox.audio.synthesizer import SpeechSynthesizer

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
ADDRESS = re.compile(r"Voxline demo: (http://127\.0\.0\.1:(\d+)/enter/\S+)")
SAID = "count to ten"
SILENCE_SECONDS = 6.0
PATIENCE_MILLISECONDS = 30_000


@dataclass(frozen=True)
class Demo:
    """A running `voxline demo`. `address` carries the key."""

    address: str
    port: int
    process: subprocess.Popen[str]


@dataclass(frozen=True)
class Speech:
    """A recording for the browser's microphone."""

    path: Path
    seconds: float


@contextmanager
def running_demo(state: Path, port: int = 0) -> Iterator[Demo]:
    """The program as people start it; ends with it."""
    command = [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", str(port), "--state-dir", str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = next((match for line in process.stdout if (match := ADDRESS.search(line))), None)
            assert found is not None, "the demo ended without an address"
            yield Demo(found[1], int(found[2]), process)
        finally:
            process.kill()


@pytest.fixture(scope="package")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Speech:
    """SAID, then silence, as Chromium's fake microphone plays it over and over."""
    mouth = SpeechSynthesizer()
    samples, rate = asyncio.run(mouth.speak(SAID, "af_heart"))
    mouth.close()
    path = tmp_path_factory.mktemp("speech") / "said.wav"
    with wave.open(str(path), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(rate)
        written.writeframes(b"\0\0" * (rate // 2) + samples + b"\0\0" * round(rate * SILENCE_SECONDS))
    return Speech(path, 0.5 + len(samples) / 2 / rate)


@pytest.fixture(scope="package")
def browser(speech: Speech) -> Iterator[Browser]:
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    assert found is not None, "no Chromium on this machine: run make test-browser, or install chromium"
    with sync_playwright() as playwright:
        arguments = [*ARGUMENTS, f"--use-file-for-fake-audio-capture={speech.path}"]
        started = playwright.chromium.launch(executable_path=found, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="module")  # a new one for each file: the daemon takes twenty messages a minute of a person
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo") / "state") as started:
        yield started


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, demo: Demo) -> Iterator[OpenPage]:
    """Opens a fresh conversation; afterwards no script may have complained. Keywords are the context's options."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(address: str = demo.address, **options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 820}, **options})  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{error.name}: {error.message} {error.stack}"))
        page.on("console", lambda said: complaints.append(said.text) if is_complaint(said.type, said.text) else None)
        page.goto(address)
        page.locator("#new").evaluate("button => button.click()")
        page.wait_for_selector("#empty:not([hidden])")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def is_complaint(kind: str, text: str) -> bool:
    """A network that a test took away on purpose is no complaint."""
    return kind in ("error", "warning") and "Failed to load resource" not in text


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A new conversation on the page."""
    return open_page()
