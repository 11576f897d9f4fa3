"""The demo where its extra is not installed: it says so at its start, and how to install it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from bot.app_demo import without_voice


def test_what_is_missing_is_named_with_the_command_that_installs_it() -> None:
    sentence = without_voice(("espeakng-loader", "pocketsphinx"))
    assert "extra `demo` is not installed (espeakng-loader and pocketsphinx)" in sentence
    assert sys.executable in sentence and sentence.endswith("install espeakng-loader pocketsphinx")


@pytest.mark.parametrize("hidden", ["pocketsphinx", "espeakng_loader"])
async def test_without_the_extra_the_demo_says_so_and_invites_to_no_voice(tmp_path: Path, hidden: str) -> None:
    code = (
        "import importlib.util, sys\n"
        "found = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda name, *more: None if name == {hidden!r} else found(name, *more)\n"
        "from bot.__main__ import main; sys.exit(main())"
    )
    command = (sys.executable, "-c", code, "demo", "--no-browser", "--port", "0", "--state-dir", str(tmp_path))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=dict(os.environ))
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(60):
        while "Ctrl+C" not in said:
            said += (await process.stdout.readline()).decode()
    process.terminate()
    assert await process.wait() == 0

    assert f"({hidden.replace('_', '-')})" in said and "Open it and type. Ctrl+C" in said
    assert json.dumps("microphone") not in said and "speak" not in said.partition("Open it")[2]
