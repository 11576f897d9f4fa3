"""voxline onboard: a key, the channels, and the one command that starts the bot."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from bot.cli.main import parse
from bot.cli.onboard import onboard
from bot.cli.signin import is_remote
from bot.config.load import load
from bot.config.profiles import StoredKey, read_profiles
from bot.openrouter.signin.oauth import Places
from bot.sandbox import Sandbox
from tests.bot.cli.conftest import Voxline
from tests.bot.cli.sitter import Sitter
from tests.fakes.discord_api import TOKEN as DISCORD_TOKEN
from tests.fakes.discord_api import DiscordApi
from tests.fakes.telegram_api import TOKEN as TELEGRAM_TOKEN
from tests.fakes.telegram_api import TelegramApi


def _stored(home: Path) -> StoredKey | None:
    return read_profiles(home / "state" / "auth-profiles.json").get("openrouter:default")


def _places(sandbox: Sandbox) -> Places:
    return Places(auth_url=f"{sandbox.origin}/auth", token_url=f"{sandbox.base_url}/auth/keys", port=0)


class _StayThere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def _approve(url: str) -> str:
    """Presses Approve on the sign-in page; the address it leads to."""
    asked = urllib.parse.urlsplit(url)
    form = {**dict(urllib.parse.parse_qsl(asked.query)), "answer": "approve"}
    post = urllib.request.Request(url.partition("?")[0], urllib.parse.urlencode(form).encode())
    try:
        urllib.request.build_opener(_StayThere).open(post, timeout=10)
    except urllib.error.HTTPError as moved:
        with moved:
            return moved.headers["Location"]
    raise AssertionError("the page led nowhere")


def _approve_in_browser(url: str) -> bool:
    with urllib.request.urlopen(_approve(url), timeout=10) as page:
        return int(page.status) == 200


def test_signing_in_stores_the_key_and_lets_auto_answer(
    sandbox: Sandbox, home: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    sitter = Sitter([], _approve_in_browser)

    args = parse(["onboard", "--auth-choice", "openrouter-oauth", "--skip-channels"])
    assert onboard(args, sitter, places=_places(sandbox)) == 0

    key = _stored(home)
    assert key is not None
    assert key.key.startswith("sk-or-")
    assert (key.display_name, dict(key.metadata)) == (
        "OpenRouter user_sandbox",
        {"authFlow": "oauth-pkce", "userId": "user_sandbox"},
    )
    defaults = load(config).agents.defaults
    assert defaults.model.primary == "openrouter/auto"
    assert defaults.models["openrouter/auto"].alias == "OpenRouter"
    assert key.key not in sitter.all
    assert "Run this again to replace it." in sitter.all
    assert sitter.all.strip().endswith("voxline run")


def test_on_a_remote_machine_the_address_is_pasted(sandbox: Sandbox, home: Path) -> None:
    class Remote(Sitter):
        def ask(self, question: str) -> str:
            shown = re.search(r"https?://\S+", self.all)
            assert shown is not None and "Paste" in question
            return _approve(shown[0])

    args = parse(["onboard", "--auth-choice", "openrouter-oauth", "--skip-channels", "--remote"])

    assert onboard(args, Remote([]), places=_places(sandbox)) == 0

    assert _stored(home) is not None


def test_a_key_may_be_given_by_option_without_a_terminal(voxline: Voxline, home: Path, config: Path) -> None:
    status, out, _ = voxline("onboard", "--auth-choice", "openrouter-api-key", "--openrouter-api-key", "'sk-or-v1-x'")
    assert status == 0
    assert _stored(home) == StoredKey("openrouter:default", key="sk-or-v1-x")
    assert load(config).agents.defaults.model.primary == "openrouter/auto"
    assert "sk-or" not in out


def test_a_key_in_the_environment_is_taken_or_only_named(
    voxline: Voxline, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-env")

    assert voxline("onboard", "--skip-channels")[0] == 0
    assert _stored(home) == StoredKey("openrouter:default", key="sk-or-v1-env")

    assert voxline("onboard", "--skip-channels", "--secret-input-mode", "ref")[0] == 0
    assert _stored(home) == StoredKey("openrouter:default", env="OPENROUTER_API_KEY")


def test_without_a_terminal_and_without_a_key_it_says_which_options_there_are(voxline: Voxline) -> None:
    status, _, err = voxline("onboard")
    assert status == 2
    assert "--openrouter-api-key" in err
    assert voxline("onboard", "--auth-choice", "openrouter-oauth")[0] == 2


def test_both_channels_are_connected_with_what_was_answered(
    home: Path, config: Path, telegram: TelegramApi, discord: DiscordApi
) -> None:
    config.write_text(
        f"{{ channels: {{ telegram: {{ apiRoot: '{telegram.root}' }}, // keep me\n"
        f" discord: {{ apiBase: '{discord.base}' }} }} }}"
    )
    telegram.say(77, "/start")
    sitter = Sitter(
        [
            ("1 to 3", "skip"),
            ("Connect Telegram", ""),
            ("Telegram token", "1:wrong"),
            ("Telegram token", TELEGRAM_TOKEN),
            ("press Start", ""),
            ("Ada (77)", "y"),
            ("Connect Discord", "y"),
            ("Discord token", DISCORD_TOKEN),
            ("Are you", "n"),
            ("numeric Discord id", "somebody"),
            ("numeric Discord id", "4711"),
        ]
    )

    assert onboard(parse(["onboard"]), sitter) == 0

    assert sitter.done
    found = load(config)
    assert found.channels.telegram is not None and found.channels.discord is not None
    assert found.channels.telegram.bot_token is not None
    assert found.channels.telegram.bot_token.reveal({}) == TELEGRAM_TOKEN
    assert found.channels.telegram.allow_from == ("77",)
    assert found.channels.discord.allow_from == ("4711",)
    assert found.owners == ("telegram:77", "discord:4711")
    assert "// keep me" in config.read_text()
    assert "This is @vox_bot" in sitter.all
    assert "scope=bot+applications.commands" in sitter.all
    assert TELEGRAM_TOKEN not in sitter.all + "".join(call.method for call in telegram.calls)


def test_channels_are_connected_by_options_alone(voxline: Voxline, config: Path, telegram: TelegramApi) -> None:
    config.write_text(f"{{ channels: {{ telegram: {{ apiRoot: '{telegram.root}' }} }} }}")
    options = ["--telegram-token", TELEGRAM_TOKEN, "--telegram-allow", "5", "--telegram-allow", "6"]

    status, out, _ = voxline("onboard", "--auth-choice", "skip", *options)

    assert status == 0
    assert "This is @vox_bot" in out
    channel = load(config).channels.telegram
    assert channel is not None
    assert channel.allow_from == ("5", "6")
    assert load(config).owners == ("telegram:5",)


def test_a_refused_token_ends_it_where_nobody_can_answer(voxline: Voxline, config: Path, telegram: TelegramApi) -> None:
    config.write_text(f"{{ channels: {{ telegram: {{ apiRoot: '{telegram.root}' }} }} }}")
    status, _, err = voxline("onboard", "--auth-choice", "skip", "--telegram-token", "1:SECRETVALUE")
    assert status == 1
    assert "Telegram refuses this token" in err
    assert "SECRETVALUE" not in err + config.read_text()


def test_a_name_instead_of_an_id_is_refused(voxline: Voxline, config: Path, telegram: TelegramApi) -> None:
    config.write_text(f"{{ channels: {{ telegram: {{ apiRoot: '{telegram.root}' }} }} }}")
    options = ["--telegram-token", TELEGRAM_TOKEN, "--telegram-allow", "@me"]
    status, _, err = voxline("onboard", "--auth-choice", "skip", *options)
    assert status == 2
    assert "not a numeric id" in err


def test_a_token_that_cannot_be_checked_is_kept(voxline: Voxline, config: Path) -> None:
    config.write_text("{ channels: { telegram: { apiRoot: 'http://127.0.0.1:1' } } }")
    status, out, _ = voxline("onboard", "--auth-choice", "skip", "--telegram-token", TELEGRAM_TOKEN)
    assert status == 0
    assert "kept unchecked" in out
    channel = load(config).channels.telegram
    assert channel is not None and channel.bot_token is not None


def test_the_closing_command_repeats_the_places_that_were_named(voxline: Voxline, home: Path) -> None:
    other = home / "other.json5"
    _, out, _ = voxline("onboard", "--auth-choice", "skip", "--skip-channels", "--config", str(other))
    assert out.strip().endswith(f"voxline run --config {other}")


@pytest.mark.parametrize(
    ("environ", "platform", "remote"),
    [
        ({"DISPLAY": ":0"}, "linux", False),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "1"}, "linux", True),
        ({}, "linux", True),
        ({"WSL_DISTRO_NAME": "x"}, "linux", False),
        ({}, "darwin", False),
        ({"CODESPACES": "true", "DISPLAY": ":0"}, "linux", True),
    ],
)
def test_a_machine_without_a_screen_counts_as_remote(environ: dict[str, str], platform: str, remote: bool) -> None:
    assert is_remote(environ, platform) is remote


# --- keys are checked live ---------------------------------------------------------------------


@pytest.fixture
def provided(config: Path, sandbox: Sandbox) -> Path:
    config.write_text(f"{{ models: {{ providers: {{ openrouter: {{ baseUrl: '{sandbox.base_url}' }} }} }} }}")
    return config


def test_a_key_is_checked_before_it_is_stored_and_asked_for_again_when_it_is_refused(
    provided: Path, home: Path, sandbox: Sandbox
) -> None:
    sitter = Sitter([("OpenRouter API key", "sk-or-v1-wrong"), ("OpenRouter API key", sandbox.key)])

    assert onboard(parse(["onboard", "--auth-choice", "openrouter-api-key", "--skip-channels"]), sitter) == 0

    assert sitter.done and _stored(home) == StoredKey("openrouter:default", key=sandbox.key)
    assert "This key is refused." in sitter.all
    assert "The key is accepted, $10.00 left of its limit." in sitter.all


def test_a_refused_key_from_an_option_is_not_stored(voxline: Voxline, provided: Path, home: Path) -> None:
    status, out, err = voxline("onboard", "--skip-channels", "--openrouter-api-key", "sk-or-v1-wrong")
    assert (status, _stored(home)) == (1, None)
    assert "This key is refused." in err and "Ready" not in out


def test_a_text_that_is_no_key_is_asked_back(home: Path, config: Path, voxline: Voxline) -> None:
    status, _, err = voxline("onboard", "--skip-channels", "--openrouter-api-key", "hello")
    assert (status, _stored(home)) == (1, None)
    assert "they begin with sk-or-" in err


def test_offline_a_key_is_kept_unchecked(home: Path, config: Path, voxline: Voxline) -> None:
    config.write_text("{ models: { providers: { openrouter: { baseUrl: 'http://127.0.0.1:9' } } } }")
    status, out, _ = voxline("onboard", "--skip-channels", "--openrouter-api-key", "sk-or-v1-new")
    assert (status, _stored(home)) == (0, StoredKey("openrouter:default", key="sk-or-v1-new"))
    assert "kept unchecked" in out


# --- a second time -----------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "enabled"), [("", True), ("keep", True), ("remove", False)])
def test_a_second_onboard_offers_to_keep_what_is_there(
    provided: Path, home: Path, sandbox: Sandbox, telegram: TelegramApi, answer: str, enabled: bool
) -> None:
    provided.write_text(
        f"""{{ models: {{ providers: {{ openrouter: {{ baseUrl: "{sandbox.base_url}", apiKey: "{sandbox.key}" }} }} }},
              channels: {{ telegram: {{
                apiRoot: "{telegram.root}", botToken: "{TELEGRAM_TOKEN}", allowFrom: [7] }} }} }}"""
    )
    sitter = Sitter([("Keep it?", ""), ("1 to 3", answer), ("Connect Discord?", "n")])

    assert onboard(parse(["onboard"]), sitter) == 0

    after = load(provided).channels.telegram
    assert sitter.done and "Telegram: connected as @vox_bot" in sitter.all
    assert after is not None and (after.enabled, after.allow_from) == (enabled, ("7",))


def test_a_bot_that_nobody_may_use_is_told_of_at_the_end(voxline: Voxline, config: Path, telegram: TelegramApi) -> None:
    config.write_text(f"{{ channels: {{ telegram: {{ apiRoot: '{telegram.root}' }} }} }}")
    command = ("onboard", "--auth-choice", "skip", "--telegram-token", TELEGRAM_TOKEN)
    assert "On telegram nobody may talk to the bot yet" in voxline(*command)[1]
    assert "nobody may talk" not in voxline(*command, "--telegram-allow", "7")[1]
