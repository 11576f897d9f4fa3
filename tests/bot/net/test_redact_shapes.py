"""What looks like a secret is taken for one, and what does not is left alone."""

from __future__ import annotations

import pytest

from bot.net.redact import MARK, Redactor

TELEGRAM = "123456789:AAE-abcdefghijklmnopqrstuvwxyz_01234"
DISCORD = "MTA5ODc2NTQzMjEwOTg3NjU0.GhIjKl." + "a1B2" * 9
OPENROUTER = "sk-or-v1-" + "0123456789abcdef" * 4
SIGNATURE = "f9c1d6a7b8" * 4


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"key {OPENROUTER} here", OPENROUTER),
        (f"Authorization: Bearer {OPENROUTER}", OPENROUTER),
        ("Authorization: Bearer abcdefghijklmnopqrstuv", "abcdefghijklmnopqrstuv"),
        ("{'Authorization': 'Bot abcdefghijklmnopqrstuv'}", "abcdefghijklmnopqrstuv"),
        ('{"authorization": "hunter2hunter2"}', "hunter2hunter2"),
        ("bearer  QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        (f"token {TELEGRAM}.", TELEGRAM),
        (f"POST https://api.telegram.org/bot{TELEGRAM}/getUpdates", TELEGRAM),
        (f"GET /file/bot{TELEGRAM}/voice/1.oga", TELEGRAM),
        (f"login({DISCORD!r})", DISCORD),
        ("https://discord.com/api/v10/webhooks/123/aW50ZXJhY3Rpb246MTIzNDU2Nzg5", "aW50ZXJhY3Rpb246MTIzNDU2Nzg5"),
        ("/interactions/987/aW50ZXJhY3Rpb246MTIzNDU2Nzg5/callback", "aW50ZXJhY3Rpb246MTIzNDU2Nzg5"),
        ("postgres://me:pa55word@db/x", "pa55word"),
        ("http://proxyuser@proxy:8080", "proxyuser"),
        (f"https://s3/x?X-Amz-Date=2026&X-Amz-Signature={SIGNATURE}&b=1", SIGNATURE),
        (f"https://cdn.discordapp.com/a/b.ogg?ex=1&is=2&hm={SIGNATURE}", SIGNATURE),
        ("http://127.0.0.1/cb?code=abc123def&state=xyz789", "abc123def"),
        ("http://127.0.0.1/cb?code=abc123def&state=xyz789", "xyz789"),
        ("https://x/?api_key=abc", "=abc"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sIgNaTuRe", "eyJzdWIiOiIxMjM0In0"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
        ("password=correct-horse", "correct-horse"),
    ],
)
def test_everything_that_looks_like_a_secret_goes(text: str, secret: str) -> None:
    cleaned = Redactor().clean(text)

    assert secret not in cleaned
    assert MARK in cleaned
    assert Redactor().clean(cleaned) == cleaned


FIELDS = ["Authorization", "x-api-key", "api-key", "api_key", "apiKey", "X-API-Key", "access_token", "refresh_token"]
FIELDS += ["client_secret", "bot_token", "password", "passwd", "secret", "SECRET", "DB_PASSWORD", "MY_API_KEY"]


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize(
    "written", ["{}: {}", "{}={}", '"{}": "{}"', "'{}':'{}'", "{} = {}", '{}="{}"', "{}: Basic {}", "{}: Bot {}"]
)
def test_what_a_secret_field_holds_goes_and_its_name_stays(name: str, written: str) -> None:
    cleaned = Redactor().clean(written.format(name, "123456"))

    assert "123456" not in cleaned
    assert cleaned.lstrip("\"'").startswith(name)


@pytest.mark.parametrize(
    "name",
    [
        *("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "X-Goog-Signature", "token", "client_secret"),
        *("password", "apikey", "api_key", "aws_access_key", "auth", "key", "sig", "code", "state", "hm", "ticket"),
    ],
)
@pytest.mark.parametrize("sign", ["?", "&", ";"])
def test_what_signs_a_link_goes_and_the_link_stays(name: str, sign: str) -> None:
    cleaned = Redactor().clean(f"<https://host/path{sign}{name}=a%2F&page=2#top>")

    assert cleaned.startswith(f"<https://host/path{sign}{name}={MARK}")
    assert "a%2F" not in cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("sk-" + "a" * 16, MARK),
        ("sk-" + "a" * 15, "sk-" + "a" * 15),
        ("bearer " + "a" * 16, f"bearer {MARK}"),
        ("bearer " + "a" * 15, "bearer " + "a" * 15),
        ("basic " + "0-9._~+/=:azAZ5" * 2, f"basic {MARK}"),
        ("bot " + "a" * 16, f"bot {MARK}"),
        ("123456:" + "a" * 30, MARK),
        ("123456789012:" + "a" * 30, MARK),
        ("12345:" + "a" * 30, "12345:" + "a" * 30),
        ("1234567890123:" + "a" * 30, "1234567890123:" + "a" * 30),
        ("123456:" + "a" * 29, "123456:" + "a" * 29),
        ("/bot" + "a" * 20 + "/x", f"/bot{MARK}/x"),
        ("/bot" + "a" * 19 + "/x", "/bot" + "a" * 19 + "/x"),
        (".".join(("a" * 23, "b" * 6, "c" * 27)), MARK),
        (".".join(("a" * 30, "b" * 7, "c" * 45)), MARK),
        (".".join(("a" * 22, "b" * 6, "c" * 27)), ".".join(("a" * 22, "b" * 6, "c" * 27))),
        (".".join(("a" * 31, "b" * 6, "c" * 27)), ".".join(("a" * 31, "b" * 6, "c" * 27))),
        (".".join(("a" * 30, "b" * 6, "c" * 46)), ".".join(("a" * 30, "b" * 6, "c" * 46))),
        ("/webhooks/1/" + "a" * 20, f"/webhooks/1/{MARK}"),
        ("/interactions/1/" + "a" * 19, "/interactions/1/" + "a" * 19),
        ("eyJ" + "a" * 8 + "." + "b" * 8 + ".", MARK),
        ("eyJ" + "a" * 8 + "." + "b" * 7 + ".", "eyJ" + "a" * 8 + "." + "b" * 7 + "."),
        ("heyJ" + "a" * 8 + "." + "b" * 8 + ".", "heyJ" + "a" * 8 + "." + "b" * 8 + "."),
        ("?" + "a" * 40 + "token=x", "?" + "a" * 40 + f"token={MARK}"),
        ("?" + "a" * 41 + "token=x", "?" + "a" * 41 + "token=x"),
        ("https://me:pass@host/x", f"https://{MARK}@host/x"),
        ("https://host/@me", "https://host/@me"),
        ("password: 12345", "password: 12345"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", MARK),
        ("<-----BEGIN EC PRIVATE KEY-----\nM\n-----END EC PRIVATE KEY----->", f"<{MARK}>"),
    ],
)
def test_the_shape_of_a_secret_has_borders(text: str, cleaned: str) -> None:
    assert Redactor().clean(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "turn.done turn=3f seconds=3.1 tools=1",
        "https://openrouter.ai/api/v1/chat/completions?limit=3",
        "mail someone@example.org about it",
        "the robot internationalisation-team runs task-runner-with-a-long-name",
        "at 12:30:45 on 2026-03-01 12345:678",
        "bot/net/redact.py line 3, in clean: the bot was asked",
        "the key is missing: set OPENROUTER_API_KEY",
        "tests.bot.net.test_redact.py::test_everything",
        "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert Redactor().clean(text) == text
