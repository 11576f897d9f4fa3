"""Canaries in every place where a secret can be: whatever goes wrong, nobody ever reads one.

The canaries have no form that gives them away, so that only knowing them can hide them.
"""

from __future__ import annotations

import asyncio
import base64
import json
import signal
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.config.profiles import DEFAULT_PROFILE, FILE_NAME, StoredKey, store_key
from bot.core.errors import VoxlineError
from bot.openrouter.signin.oauth import Desk, Places, SignInAttempt, login
from bot.sandbox import Sandbox
from bot.sandbox.faults import ErrorInside200, Fault, Garbage, HtmlAnswer, MidStreamError, Reset, StatusError, Truncate
from tests.canaries import (
    CANARIES,
    HEADER,
    MODEL_KEY,
    PASSWORD,
    PROFILE_KEY,
    REFUSED,
    SPEECH_KEY,
    TELEGRAM_TOKEN,
    Output,
    files,
    leaks,
    told,
    told_until_end,
    voxline,
)
from tests.fakes.discord_api import ADA_ID, DM_ID, DiscordApi
from tests.fakes.discord_api import TOKEN as DISCORD_TOKEN
from tests.fakes.telegram_api import TelegramApi
from tests.sounds import spoken

CHAT = 7


def configure(
    folder: Path, sandbox: Sandbox, telegram: TelegramApi, discord: DiscordApi, *, key: object = "${MODEL_KEY}"
) -> None:
    everyone = {"dmPolicy": "open", "allowFrom": ["*"]}
    speech = {"apiKey": {"file": "speech.key"}, "baseUrl": sandbox.base_url}
    provider = {"baseUrl": sandbox.base_url, "apiKey": key, "auth": "api-key", "headers": {"X-Pass": HEADER}}
    config = {
        "env": {"PASSWORD_OF_SOMETHING": PASSWORD},
        "models": {"providers": {"openrouter": provider}},
        "messages": {"tts": {"auto": "inbound", "providers": {"openrouter": speech}}},
        "channels": {
            "telegram": {"botToken": TELEGRAM_TOKEN, "apiRoot": telegram.root, **everyone},
            "discord": {"token": "${DISCORD}", "apiBase": discord.base, **everyone},
        },
        "logging": {"level": "debug"},
        "limits": {"messagesPerMinute": 1_000_000},
    }
    (folder / "voxline.json5").write_text(json.dumps(config))
    (folder / "speech.key").write_text(SPEECH_KEY)
    if not (folder / "state").exists():
        store_key(folder / "state" / FILE_NAME, StoredKey(DEFAULT_PROFILE, key=PROFILE_KEY))


async def talk(sandbox: Sandbox, telegram: TelegramApi, discord: DiscordApi) -> None:
    """Good turns, then every sort of failure, with a provider and platforms that repeat what they were sent."""
    echo = "; ".join(canary for canary in CANARIES if canary != REFUSED)
    telegram.say(CHAT, "reply with exactly: one")
    await telegram.wait_for(lambda: _seen(telegram, "one"))
    await discord.say(DM_ID, ADA_ID, "reply with exactly: two")
    await discord.wait_for(lambda: "two" in _discord_seen(discord), 20)
    telegram.send_voice(CHAT, spoken("what is seven times eight"), 2)
    await telegram.wait_for(lambda: any(one.kind == "voice" for one in telegram.messages(CHAT)), 60)

    faults: tuple[Fault, ...] = (
        *(StatusError(status, echo) for status in (400, 401, 402, 403, 404, 422)),
        *(ErrorInside200(400, echo), StatusError(429, echo, retry_after="0.1"), MidStreamError(2, 502, echo)),
        *(Reset(), Truncate(2), HtmlAnswer(), Garbage(1, echo)),
    )
    for number, fault in enumerate(faults):
        sandbox.faults.add("/chat/completions", do=fault)
        before = len(telegram.messages(CHAT))
        telegram.say(CHAT, f"reply with exactly: after {number}")
        await telegram.wait_for(lambda: len(telegram.messages(CHAT)) > before, 40)
    sandbox.faults.add("/audio/speech", do=StatusError(401, echo))
    sandbox.faults.add("/audio/transcriptions", do=StatusError(500, echo))
    telegram.fault("sendMessage", "status", status=400, description=f"Bad Request: {echo}")
    telegram.fault("editMessageText", "accept_then_reset", times=2)
    telegram.fault("getUpdates", "garbage")
    discord.fail("POST", "/channels/*/messages", status=500, body=json.dumps({"message": echo, "code": 0}))
    telegram.say(CHAT, "reply with exactly: nearly")
    telegram.send_voice(CHAT, spoken("what is seven times eight"), 2)
    await discord.say(DM_ID, ADA_ID, "reply with exactly: still here")
    await discord.wait_for(lambda: "still here" in _discord_seen(discord), 40)
    sandbox.faults.clear()
    telegram.say(CHAT, "reply with exactly: the end")
    await telegram.wait_for(lambda: _seen(telegram, "the end"), 40)


def _seen(telegram: TelegramApi, text: str) -> bool:
    return any(one.text.endswith(text) for one in telegram.messages(CHAT))


def _discord_seen(discord: DiscordApi) -> str:
    return repr([request.body for request in discord.requests])


@pytest.mark.timeout(240)
async def test_no_secret_is_logged_stored_or_shown_through_good_and_failing_turns(tmp_path: Path) -> None:
    async with Sandbox(warm=True) as sandbox, TelegramApi(TELEGRAM_TOKEN) as telegram, DiscordApi() as discord:
        for key in (MODEL_KEY, SPEECH_KEY):
            sandbox.admit(key)
        configure(tmp_path, sandbox, telegram, discord)
        crash = "model.after=raise@4,c4.before=raise@6"
        daemon = await voxline(tmp_path, "run", failpoints=crash, DISCORD=DISCORD_TOKEN)
        saying = asyncio.create_task(told_until_end(daemon))
        try:
            await telegram.wait_for(lambda: telegram.polling, 30)
            await talk(sandbox, telegram, discord)
            daemon.send_signal(signal.SIGTERM)
            output: Output = {"the daemon": await saying}
        finally:
            if daemon.returncode is None:
                daemon.kill()
            print((await saying).decode(errors="replace"))  # for a failing test
        used = {request.headers.get("Authorization") for request in sandbox.requests}
        seen = {"telegram": repr([call.params for call in telegram.calls if call.method.startswith(("send", "edit"))])}
        seen["discord"] = _discord_seen(discord)
        output |= {name: shown.encode() for name, shown in seen.items()} | dict(files(tmp_path))

    assert daemon.returncode == 0, output["the daemon"].decode()[-3000:]
    assert {f"Bearer {MODEL_KEY}", f"Bearer {SPEECH_KEY}"} <= used
    assert b"[redacted]" in output["the daemon"]
    assert leaks(output) == []


COMMANDS = (
    *(("doctor",), ("doctor", "--json"), ("status",), ("status", "--json"), ("models", "status")),
    *(("models", "auth", "list"), ("config", "check"), ("infer", "model", "run", "--prompt", "hi", "--json")),
    ("infer", "model", "run", "--prompt", "hi"),
)


@pytest.mark.long
@pytest.mark.timeout(120)
async def test_no_command_shows_a_secret_even_when_everything_is_refused(tmp_path: Path) -> None:
    echo = StatusError(401, f"No auth credentials found: {'; '.join(CANARIES)}")
    async with Sandbox() as sandbox, TelegramApi() as telegram, DiscordApi() as discord:
        configure(tmp_path, sandbox, telegram, discord, key=REFUSED)
        sandbox.faults.add("/", do=echo, times=None)
        room = asyncio.Semaphore(3)

        async def run(argv: tuple[str, ...]) -> tuple[str, bytes]:
            async with room:
                return " ".join(argv), await told(
                    await voxline(tmp_path, *argv, DISCORD=REFUSED), 10 if argv == ("run",) else 40
                )

        output = dict(await asyncio.gather(*(run(argv) for argv in (*COMMANDS, ("run",)))))

    assert all(output.values())
    assert b"refused" in output["doctor"] or b"401" in output["doctor"]
    assert leaks(output | dict(files(tmp_path))) == []


@pytest.mark.parametrize(
    "written",
    [
        '{ models: { providers: { openrouter: { baseUrl: "https://me:%s@host/v1" } } } }',
        '{ models: { providers: { openrouter: { baseUrl: "https://host/v1?key=%s" } } } }',
        '{ models: { providers: { openrouter: { apiKey: { file: 3, id: "%s" } } } } }',
        '{ channels: { telegram: { botToken: ["%s"] } } }',
        '{ channels: { discord: { tokens: "%s" } } }',
        '{ env: { A: "%s" }, env: {} }',
        '{ models: { providers: { openrouter: { apiKey: "%s" ',
    ],
)
async def test_a_broken_configuration_is_told_without_what_it_holds(written: str, tmp_path: Path) -> None:
    (tmp_path / "voxline.json5").write_text(written % PASSWORD)

    output = {argv: await told(await voxline(tmp_path, argv)) for argv in ("run", "doctor")}

    assert all(output.values())
    assert leaks(output) == []


class Person:
    """Approves on the page, or pastes a code that nobody knows."""

    def __init__(self, paste: str) -> None:
        self.paste, self.heard = paste, [""]

    async def open(self, url: str) -> bool:
        return False

    async def ask(self, question: str) -> str:
        self.heard.append(question)
        return self.paste

    def desk(self) -> Desk:
        return Desk(self.open, self.ask, self.heard.append)


async def test_a_sign_in_that_fails_tells_neither_code_nor_verifier(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    code, attempt = "canary-of-a-sign-in-code-8d8d", SignInAttempt()
    async with Sandbox() as sandbox:
        places = Places(auth_url=f"{sandbox.origin}/auth", token_url=f"{sandbox.base_url}/auth/keys", port=0)
        person = Person(f"http://localhost:3000/callback?state={attempt.state}&code={code}")
        with pytest.raises(VoxlineError) as refused:
            await login(person.desk(), remote=True, places=places, attempt=attempt)
        (asked,) = sandbox.asked("/auth/keys")

    output = {"error": f"{refused.value} {refused.value.tell}", "log": caplog.text, "desk": "\n".join(person.heard)}
    assert (asked.body["code"], asked.body["code_verifier"]) == (code, attempt.verifier)
    assert leaks({name: text.encode() for name, text in output.items()}, (code, attempt.verifier)) == []


def test_the_search_itself_finds_a_canary_in_every_dress() -> None:
    dressed = {
        "plain": f"<{PASSWORD}>".encode(),
        "percent": quote(MODEL_KEY, safe="").encode(),
        "base64": base64.b64encode(MODEL_KEY.encode()),
    }

    assert len(leaks(dressed)) == 3
