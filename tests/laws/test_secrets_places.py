"""Whoever asks a running daemon, however it dies, and whatever is brought over from elsewhere: no secret shows."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from bot.agent.commands.command import MENU, OWNERS_MENU
from bot.cli.control import ask
from bot.sandbox import Sandbox
from bot.sandbox.faults import StatusError
from tests.canaries import (
    HEADER,
    MODEL_KEY,
    PASSWORD,
    ROOT,
    TELEGRAM_TOKEN,
    Output,
    files,
    leaks,
    told,
    told_until_end,
    voxline,
)
from tests.daemon import free_port
from tests.fakes.discord_api import TOKEN as DISCORD_TOKEN
from tests.fakes.discord_api import DiscordApi
from tests.fakes.telegram_api import TelegramApi
from tests.fakes.telegram_push import SECRET_HEADER, pushing

CHAT = 7
WEBHOOK_SECRET = "canary-of-the-webhook-secret-3ac1"
LISTENER_HEADER = "canary-of-a-listeners-header-90fe"
GIVEN = {"TELEGRAM_BOT_TOKEN": TELEGRAM_TOKEN, "DISCORD_BOT_TOKEN": DISCORD_TOKEN}
SECRETS = (MODEL_KEY, *GIVEN.values(), WEBHOOK_SECRET, LISTENER_HEADER, HEADER, PASSWORD)


def configure(folder: Path, base_url: str, telegram: TelegramApi, discord: DiscordApi, ports: tuple[int, int]) -> None:
    """Everything that can be asked is open; tokens come from the environment, the key from a file beside."""
    everyone = {"dmPolicy": "open", "allowFrom": ["*"]}
    health, hook = ports
    listener = {"model": "openai/whisper-1", "headers": {"X-Ear": LISTENER_HEADER}}
    webhook = {"url": "https://bot.example/hook", "port": hook, "secret": WEBHOOK_SECRET}
    config = {
        "env": {"PASSWORD_OF_SOMETHING": PASSWORD},
        "models": {"providers": {"openrouter": {"baseUrl": base_url, "headers": {"X-Pass": HEADER}}}},
        "tools": {"media": {"audio": {"models": [listener]}}},
        "channels": {
            "telegram": {"apiRoot": telegram.root, "webhook": webhook, **everyone},
            "discord": {"apiBase": discord.base, **everyone},
            "web": {"enabled": True, "port": 0},
        },
        "owners": [f"telegram:{CHAT}"],
        "health": {"port": health},
        "logging": {"level": "debug"},
        "limits": {"messagesPerMinute": 1_000_000},
    }
    (folder / "voxline.json5").write_text(json.dumps(config))
    (folder / ".env").write_text(f"OPENROUTER_API_KEY='{MODEL_KEY}'\n")


async def talk(sandbox: Sandbox, telegram: TelegramApi, hook: int) -> None:
    """A turn, two failing ones that repeat every secret, every command, and a push that does not know the secret."""
    echo = "; ".join(SECRETS)
    async with pushing(telegram, f"http://127.0.0.1:{hook}", sleep=asyncio.sleep):
        sandbox.faults.add("/chat/completions", do=StatusError(400, echo))
        telegram.say(CHAT, "this fails")
        await telegram.wait_for(lambda: telegram.messages(CHAT), 40)
        telegram.fault("sendMessage", "status", status=400, times=4, description=f"Bad Request: {echo}")
        for text in ("reply with exactly: one", *(f"/{name}" for name in MENU | OWNERS_MENU), "/new"):
            telegram.say(CHAT, text)
        telegram.say(CHAT, "reply with exactly: the end")
        await telegram.wait_for(
            lambda: any(one.text.endswith("the end") for one in telegram.messages(CHAT)), timeout_seconds=60
        )
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {SECRET_HEADER: "wrong"}):
            async with session.post(f"http://127.0.0.1:{hook}/hook", data=b"{}", headers=headers) as answer:
                assert answer.status in (401, 403, 404)


async def asked_over_http(health: int, page: str) -> Output:
    """What the health port and the page tell; the page also to somebody without its key."""
    output: Output = {}
    async with aiohttp.ClientSession() as session:
        for url in (*(f"http://127.0.0.1:{health}/{name}" for name in ("healthz", "readyz", "metrics")), page):
            async with session.get(url) as answer:
                output[url.rpartition("/")[0] if url == page else url] = await answer.read()
    origin = page.partition("/enter/")[0]
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/enter/wrong", "/events", "/nowhere"):
            async with session.get(origin + path) as answer:
                output[path] = await answer.read()
    return output


async def asked_over_the_socket(state: Path) -> Output:
    """What the control socket answers to everything but `status`, which tells the page's key to whoever owns it."""
    questions = ("pairing.list", "pairing.approve", "pairing.remove", "backup", "nonsense")
    answers = [await asyncio.to_thread(ask, state, do, who="x", file=str(state / f"{do}.db")) for do in questions]
    return {do: json.dumps(answer).encode() for do, answer in zip(questions, answers, strict=True)}


@pytest.mark.timeout(180)
async def test_whoever_asks_a_running_daemon_reads_no_secret(tmp_path: Path) -> None:
    health, hook = free_port(), free_port()
    async with Sandbox(warm=True) as sandbox, TelegramApi(TELEGRAM_TOKEN) as telegram, DiscordApi() as discord:
        sandbox.admit(MODEL_KEY)
        configure(tmp_path, sandbox.base_url, telegram, discord, (health, hook))
        daemon = await voxline(tmp_path, "run", **GIVEN)
        saying = asyncio.create_task(told_until_end(daemon))
        try:
            await telegram.wait_for(lambda: telegram.webhook, 40)
            await talk(sandbox, telegram, hook)
            status = await asyncio.to_thread(ask, tmp_path / "state", "status")
            page = str(status.pop("page"))
            output: Output = {"status": json.dumps(status).encode()}
            output |= await asked_over_http(health, page)
            output |= await asked_over_the_socket(tmp_path / "state")
            for argv in (("doctor",), ("pairing", "list"), ("models", "status"), ("models", "auth", "list")):
                output[" ".join(argv)] = await told(await voxline(tmp_path, *argv, **GIVEN))
            by_hand = await told(await voxline(tmp_path, "status", **GIVEN))
            key_file = tmp_path / "state" / "page-key"
            assert key_file.stat().st_mode & 0o077 == 0  # the page's key over restarts, for the daemon's user alone
            running = {f"running {name}": data for name, data in files(tmp_path)}
        finally:
            if daemon.returncode is None:
                daemon.send_signal(signal.SIGKILL)
            output_of_daemon = await saying
            print(output_of_daemon.decode(errors="replace"))  # for a failing test
        used = {request.headers.get("Authorization") for request in sandbox.requests}
        shown = repr([call.params for call in telegram.calls if call.method.startswith(("send", "edit"))]).encode()
        output |= {"the daemon": output_of_daemon, "telegram": shown} | running | dict(files(tmp_path))

    token = page.rpartition("/")[2]
    assert f"Bearer {MODEL_KEY}" in used
    assert telegram.last("setWebhook")["secret_token"] == WEBHOOK_SECRET
    assert len(token) > 30 and page.encode() in by_hand  # the one place that tells it, to the owner alone
    assert any(name.endswith("-wal") and data for name, data in output.items())
    assert any(b"[redacted]" in data for name, data in output.items() if ".db" in name)  # what Telegram said was noted
    assert b"webhook.refused" in output["the daemon"] and b"[redacted]" in output["the daemon"]
    elsewhere = {name: data for name, data in output.items() if not name.endswith("state/page-key")}
    assert leaks(output, SECRETS) == []
    assert leaks(elsewhere, (token,)) == []
    assert leaks({"voxline status": by_hand}, SECRETS) == []


CRASHES = """
import asyncio, sys, threading, warnings
from bot.cli.main import run

print(run(sys.argv[1:]), flush=True)
with open(sys.argv[-1]) as file:
    secret = file.read()

class Leaking:
    def __del__(self):
        raise RuntimeError(secret)

def boom():
    raise RuntimeError(secret)

async def forget():
    asyncio.ensure_future(asyncio.to_thread(boom))
    asyncio.get_running_loop().call_soon(boom)
    await asyncio.sleep(0.1)

Leaking()
thread = threading.Thread(target=boom)
thread.start()
thread.join()
warnings.warn(secret)
asyncio.run(forget())
try:
    boom()
except RuntimeError as error:
    raise KeyError(secret) from error
"""


@pytest.mark.parametrize("argv", [("run",), ("status",)])
async def test_however_a_process_breaks_it_shows_no_secret(argv: tuple[str, ...], tmp_path: Path) -> None:
    config = {"env": {"A": PASSWORD, "B": MODEL_KEY}, "channels": {"telegram": {"botToken": "canary of no token"}}}
    (tmp_path / "voxline.json5").write_text(json.dumps(config))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "always", "-c", CRASHES, *argv, "--state-dir", str(tmp_path / "state")),
        *("--config", str(tmp_path / "voxline.json5")),
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )

    output = await told(process)

    crashes = output.count(b"RuntimeError: ") + output.count(b"KeyError: ")
    assert (process.returncode, crashes) == (1, 6), output.decode()
    assert leaks({"the process": output}, (PASSWORD, MODEL_KEY, "canary of no token")) == []


OPENCLAW = """{
  env: { OPENROUTER_API_KEY: "%s", OTHER_KEY: "%s", vars: { MORE: "%s" }, shellEnv: "%s" },
  gateway: { auth: { mode: "token", token: "%s", password: "%s" }, remote: { url: "wss://me:%s@host" } },
  models: { providers: {
    openrouter: { baseUrl: "https://me:%s@host/v1", apiKey: "%s", headers: { "X-Pass": "%s" } },
    ollama: { baseUrl: "http://127.0.0.1:1/v1?key=%s", apiKey: "%s", models: [] },
  } },
  messages: { tts: { auto: "inbound", providers: { openrouter: { apiKey: "%s" }, other: { apiKey: "%s" } } } },
  talk: { apiKey: "%s" },
  tools: { web: { search: { apiKey: "%s" } }, media: { audio: { models: [{ model: "a/b", headers: { X: "%s" } }] } } },
  hooks: { token: "%s" },
  skills: { entries: { one: { apiKey: "%s", env: { KEY: "%s" } } } },
  channels: {
    telegram: { botToken: "%s", proxy: "socks5://me:%s@localhost:1", webhookUrl: "https://x/%s",
      webhookSecret: "%s", accounts: { second: { botToken: "%s" } } },
    discord: { token: ["%s"], proxy: "http://me:%s@localhost:1" },
    slack: { botToken: "%s", appToken: "%s", signingSecret: "%s" },
  },
}"""


@pytest.mark.parametrize("broken", ["", "}}", '"', "models: {}"])
async def test_what_is_brought_over_from_elsewhere_is_not_told(broken: str, tmp_path: Path) -> None:
    theirs = tmp_path / "openclaw.json"
    theirs.write_text(OPENCLAW.replace("%s", PASSWORD)[: -1 if broken else None] + broken)
    commands = (
        ("config", "import", str(theirs), "--dry-run"),
        ("config", "import", str(theirs)),
        ("config", "import", str(theirs)),
        ("config", "import", str(theirs), "--force"),
        ("config", "check"),
        ("doctor", "--offline"),
    )

    output = {f"{n} {' '.join(argv)}": await told(await voxline(tmp_path, *argv)) for n, argv in enumerate(commands)}

    assert all(output.values())
    assert leaks(output, (PASSWORD,)) == []
    ours = tmp_path / "voxline.json5"
    assert ours.exists() != bool(broken)
    assert broken or ours.stat().st_mode & 0o777 == 0o600
