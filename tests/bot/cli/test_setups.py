"""A law over set-ups: `doctor` and `config check` call one good exactly where `run` gets as far as connecting."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from tests.bot.cli.conftest import Voxline

TG = "123456789:AAHabcdefghijklmnopqrstuvwxyz012345"
DC = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789"
KEY = 'models: { providers: { openrouter: { apiKey: "sk-or-v1-0" } } }'


def _file(name: str, text: str, mode: int = 0o600) -> Callable[[Path], None]:
    def make(home: Path) -> None:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    return make


@dataclass(frozen=True)
class SetUp:
    """A configuration with what lies around it. `seen` is in the finding; `fix` is in what to do about it."""

    text: str
    seen: str = ""
    make: Callable[[Path], None] = lambda _: None
    environ: dict[str, str] = field(default_factory=dict)


def telegram(more: str, token: str = f'"{TG}"') -> str:
    return f"{{ {KEY}, channels: {{ telegram: {{ botToken: {token}, allowFrom: [7], {more} }} }} }}"


def discord(more: str, token: str = f'"{DC}"') -> str:
    return f"{{ {KEY}, channels: {{ discord: {{ token: {token}, allowFrom: [7], {more} }} }} }}"


def root(more: str) -> str:
    return f"{{ {KEY}, {more} }}"


def defaults(more: str) -> str:
    return root(f"agents: {{ defaults: {{ {more} }} }}")


HOOK = 'webhook: { url: "https://h/x", port: 8443, secret: %s }'

# Each is refused by `run` with status 78, and has to be seen with its fix.
BROKEN = [
    SetUp("{", "not JSON5"),
    SetUp("[]", "not an object"),
    SetUp("{ owner: [] }", "unknown key"),
    SetUp("{ owners: 7 }", "owners"),
    SetUp('{ owners: ["anna"] }', "is not an owner"),
    SetUp("{ limits: {}, limits: {} }", "is set twice"),
    SetUp(root("limits: { dollarsPerDay: -1 }"), "dollarsPerDay"),
    SetUp(root("limits: { turnsAtOnce: 0 }"), "turnsAtOnce"),
    SetUp(root("health: { port: 70000 }"), "port"),
    SetUp(root("store: { keepDays: 1 }"), "keepDays"),
    SetUp(root('logging: { level: "loud" }'), "level"),
    SetUp(root('network: { proxy: "socks5://p:1" }'), "network.proxy"),
    SetUp(root('network: { proxy: "${NO_SUCH_PROXY}" }'), "NO_SUCH_PROXY"),
    SetUp(root('network: { proxy: "${P}" }'), "network.proxy", environ={"P": "socks5://p:1"}),
    SetUp(defaults('userTimezone: "Mars/Base"'), "time zone"),
    SetUp(defaults('model: "sonnet"'), "neither a model"),
    SetUp(defaults('model: "anthropic/claude-sonnet"'), "not a model of OpenRouter"),
    SetUp(defaults('model: ""'), "model"),
    SetUp(defaults('mediaLocalRoots: ["pictures"]'), "not a whole path"),
    SetUp(root('agents: { list: [{ id: "main", model: "gpt" }] }'), "neither a model"),
    SetUp(root('messages: { tts: { auto: "sometimes" } }'), "auto"),
    SetUp(root("tts: {}, messages: { tts: {} }"), "keep one of them"),
    SetUp(root('tts: { summaryModel: "kimi" }'), "neither a model"),
    SetUp('{ models: { providers: { openrouter: { baseUrl: "ftp://x" } } } }', "baseUrl"),
    SetUp('{ models: { providers: { openrouter: { auth: "api-key", apiKey: "${NO_SUCH_KEY}" } } } }', "NO_SUCH_KEY"),
    SetUp('{ models: { providers: { openrouter: { apiKey: { file: "no-such-key" } } } } }', "no-such-key"),
    SetUp(telegram("", token='"${NO_SUCH_TOKEN}"'), "NO_SUCH_TOKEN"),
    SetUp(telegram("", token='{ file: "no-such-file" }'), "no-such-file"),
    SetUp(telegram("", token='{ file: "empty" }'), "is empty", _file("empty", "")),
    SetUp(telegram("", token='"hunter2"'), "channels.telegram.botToken"),
    SetUp("{ channels: { telegram: {} } }", "there is no token"),
    SetUp(telegram('dmPolicy: "everybody"'), "dmPolicy"),
    SetUp(telegram('dmPolicy: "open"'), "allowFrom"),
    SetUp(telegram(HOOK % '"${NO_SUCH_SECRET}"'), "NO_SUCH_SECRET"),
    SetUp(telegram(HOOK % '"not a secret!"'), "webhook.secret"),
    SetUp(telegram('webhook: { url: "https://h/x", port: 8443 }'), "secret"),
    SetUp(telegram('webhook: { url: "http://h/x", port: 8443, secret: "x" }'), "https"),
    SetUp(telegram('apiRoot: "api.telegram.org"'), "apiRoot"),
    SetUp(discord("", token='"${NO_SUCH_TOKEN}"'), "NO_SUCH_TOKEN"),
    SetUp(discord("", token='"has a space"'), "channels.discord.token"),
    SetUp("{ channels: { discord: {} } }", "there is no token"),
    SetUp(discord('guilds: { "1": { channel: {} } }'), "unknown key"),
    SetUp(root(""), "voxline.db", _file("state/voxline.db", "this is a text, not a database" * 9)),
    SetUp(root(""), "open to other users", _file("state/auth-profiles.json", '{"profiles": {}}', 0o644)),
    SetUp(root(""), "not JSON", _file("state/auth-profiles.json", "{")),
    SetUp(root(""), "-wal", _file("state/voxline.db-wal", "orphaned")),
]

# Each starts.
WHOLE = [
    SetUp("{}"),
    SetUp(""),
    SetUp("// only a comment"),
    SetUp(root("")),
    SetUp(root("limits: { dollarsPerDay: 0 }")),
    SetUp(root("limits: { messagesPerMinute: null }")),
    SetUp(root("health: { port: 0 }")),
    SetUp(root("store: { keepDays: 2 }")),
    SetUp(root('logging: { level: "debug" }')),
    SetUp(root('network: { proxy: "http://p:1" }')),
    SetUp(root('network: { proxy: "${P}" }'), environ={"P": "http://p:1"}),
    SetUp(root('env: { A: "b" }')),
    SetUp(root('owners: ["telegram:7", "web:you"]')),
    SetUp(defaults('userTimezone: "Europe/Berlin"')),
    SetUp(defaults('model: "openrouter/auto"')),
    SetUp(defaults('model: { primary: "openrouter/a/b", fallbacks: ["openrouter/c/d"] }')),
    SetUp(defaults('models: { "openrouter/a/b": { alias: "x" } }, model: "x"')),
    SetUp(defaults('imageGenerationModel: { primary: "openrouter/a/b", timeoutMs: 5.0 }')),
    SetUp(defaults('thinkingDefault: "off"')),
    SetUp(root('agents: { list: [{ id: "main", name: "Wilma" }] }')),
    SetUp(root('messages: { tts: { auto: "off" } }')),
    SetUp(root('tts: { summaryModel: "openrouter/a/b" }')),
    SetUp(root("tools: { media: { audio: { enabled: false } } }")),
    SetUp(root("channels: { web: { port: 0 } }")),
    SetUp('{ models: { providers: { openrouter: { apiKey: "${K}" } } } }', environ={"K": "sk-or-v1-0"}),
    SetUp('{ models: { providers: { openrouter: { auth: "api-key", apiKey: "sk-or-v1-0" } } } }'),
    SetUp('{ models: { providers: { openrouter: { apiKey: { file: "key" } } } } }', "", _file("key", "sk-or-v1-0")),
    SetUp('{ models: { providers: { openrouter: { baseUrl: "http://h:1/v1", apiKey: "k" } } } }'),
    SetUp('{ env: { OPENROUTER_API_KEY: "sk-or-v1-0" } }'),
    SetUp(telegram("")),
    SetUp(telegram("", token='"${T}"'), environ={"T": TG}),
    SetUp(telegram("", token='{ file: "token" }'), "", _file("token", TG)),
    SetUp("{ channels: { telegram: { allowFrom: [7] } } }", environ={"TELEGRAM_BOT_TOKEN": TG}),
    SetUp('{ channels: { telegram: { enabled: false, botToken: "${NO_SUCH_TOKEN}" } } }'),
    SetUp(telegram('groups: { "*": {} }')),
    SetUp(telegram('dmPolicy: "pairing"')),
    SetUp(telegram(HOOK % '"abc"')),
    SetUp(discord("")),
    SetUp(discord('guilds: { "1": { channels: { "2": {} } } }')),
    SetUp(discord("enabled: false", token='"has a space"')),
    SetUp(root(""), "", _file("state/auth-profiles.json", '{"version": 1, "profiles": {}}')),
]


def lay(setup: SetUp, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(home))
    (home / "state").mkdir(mode=0o700)
    config.write_text(setup.text)
    config.chmod(0o600)
    for name, value in setup.environ.items():
        monkeypatch.setenv(name, value)
    setup.make(home)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> None:
    """`run` ends with 0 as soon as it has opened everything and would connect."""

    class Connected(Exception):
        pass

    class Links:
        channels: ClassVar[dict[str, object]] = {}
        look = None

        def __init__(self, *_: object, **__: object) -> None: ...
        async def __aenter__(self) -> Links:
            return self

        async def __aexit__(self, *_: object) -> None: ...

    def no_agent(*_: object) -> object:
        raise Connected

    async def serve(*args: object, **more: object) -> int:
        try:
            return await real(*args, **more)  # type: ignore[arg-type]
        except Connected:
            return 0

    import bot.app
    import bot.cli.run

    real = bot.app.serve
    monkeypatch.setattr(bot.app, "ChannelSupervisor", Links)
    monkeypatch.setattr(bot.app, "open_agent", no_agent)
    monkeypatch.setattr(bot.cli.run, "serve", serve)


def test_the_table_is_large_enough() -> None:
    assert (len(BROKEN) >= 40, len(WHOLE) >= 40) == (True, True)


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize("setup", BROKEN, ids=lambda setup: setup.text[:60])
def test_what_run_refuses_is_seen_by_doctor_and_check_with_its_fix(
    voxline: Voxline, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch, setup: SetUp
) -> None:
    lay(setup, config, home, monkeypatch)

    assert voxline("run")[0] == 78
    status, out, err = voxline("config", "check")
    assert (status, out) == (78, "")
    assert setup.seen in err
    status, out, _ = voxline("doctor", "--offline", "--json")
    bad = [row for row in json.loads(out)["findings"] if row["level"] == "fail" and setup.seen in str(row)]
    assert status in (1, 78) and bad, out
    assert all(row["fix"] for row in bad)


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize("setup", WHOLE, ids=lambda setup: setup.text[:60])
def test_what_run_takes_is_called_usable(
    voxline: Voxline, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch, setup: SetUp
) -> None:
    lay(setup, config, home, monkeypatch)

    assert voxline("run")[0] == 0
    status, out, err = voxline("config", "check")
    assert (status, out.splitlines()[-1:], err) == (0, [f"{config} can be used."], "")
    findings = json.loads(voxline("doctor", "--offline", "--json")[1])["findings"]
    assert [row for row in findings if row["level"] == "fail" and row["about"] in ("start", "configuration")] == []


def test_a_file_that_was_named_has_to_be_there(voxline: Voxline, home: Path) -> None:
    missing = ("--config", str(home / "nowhere.json5"))
    assert [voxline(*command, *missing)[0] for command in (("run",), ("config", "check"), ("doctor", "--offline"))] == [
        78,
        78,
        1,
    ]


DOUBTFUL = [
    (telegram('groups: { "-1": { allowFrom: ["@mum"] } }'), "@mum lets nobody in"),
    (telegram('groups: { "Family": {} }'), "is a name and serves nobody"),
    (discord('guilds: { "1": { channels: {} } }'), "no channel of it is served"),
    (discord('guilds: { "1": { channels: { general: {} } } }'), "no channel of it is served"),
    (telegram("").replace("[7]", '["@mum"]'), "@mum lets nobody in"),
]


@pytest.mark.parametrize(("text", "seen"), DOUBTFUL)
def test_what_starts_and_does_not_do_what_was_meant_is_warned_of(
    voxline: Voxline, config: Path, text: str, seen: str
) -> None:
    config.write_text(text)
    config.chmod(0o600)
    assert seen in voxline("config", "check")[1]
    status, out, _ = voxline("doctor", "--offline")
    assert status == 0 and seen in out and "Everything works." not in out


def test_offline_it_does_not_claim_that_everything_works(voxline: Voxline, config: Path, home: Path) -> None:
    config.write_text(telegram("").replace("}", "}", 1))
    config.chmod(0o600)
    out = voxline("doctor", "--offline")[1]
    assert out.splitlines()[-1] == "Nothing wrong was found; 2 checks need the network."


def test_status_beside_a_service_needs_none_of_its_secrets(voxline: Voxline, config: Path) -> None:
    config.write_text('{ models: { providers: { openrouter: { apiKey: { file: "openrouter-key" } } } } }')
    status, out, err = voxline("status")
    assert (status, err) == (1, "")
    assert "cannot be read from here" in out and "openrouter-key" in out
