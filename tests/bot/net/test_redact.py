import io
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.trace import working_for
from bot.net.redact import MARK, RedactingFormatter, Redactor, install_logging

TELEGRAM = "123456789:AAE-abcdefghijklmnopqrstuvwxyz_01234"
DISCORD = "MTA5ODc2NTQzMjEwOTg3NjU0.GhIjKl." + "a1B2" * 9
OPENROUTER = "sk-or-v1-" + "0123456789abcdef" * 4
SIGNATURE = "f9c1d6a7b8" * 4


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, as it was before, once the test is over."""
    logger = logging.getLogger()
    kept = (logger.handlers[:], logger.level, sys.excepthook, threading.excepthook)
    yield logger
    logging.captureWarnings(False)
    logger.handlers[:], level, sys.excepthook, threading.excepthook = kept
    logger.setLevel(level)


def line(redactor: Redactor, message: str, **fields: object) -> str:
    record = logging.makeLogRecord({"name": "bot.x", "msg": message, "levelname": "INFO", **fields})
    return RedactingFormatter(redactor).format(record)


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


@pytest.mark.parametrize(
    "text",
    [
        "turn.done turn=3f seconds=3.1 tools=1",
        "https://openrouter.ai/api/v1/chat/completions?limit=3",
        "mail someone@example.org about it",
        "at 12:30:45 on 2026-03-01 12345:678",
        "bot/net/redact.py line 3, in clean: the bot was asked",
        "the key is missing: set OPENROUTER_API_KEY",
        "tests.bot.net.test_redact.py::test_everything",
        "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert Redactor().clean(text) == text


@given(
    st.text(min_size=6, max_size=40).filter(lambda s: len(s.strip()) >= 6), st.text(max_size=30), st.text(max_size=30)
)
def test_no_known_secret_survives(secret: str, before: str, after: str) -> None:
    value = secret.strip()

    cleaned = Redactor([secret]).clean(f"{before}{value}{after}")

    # The mark itself may spell the secret, or meet its neighbours so that it does.
    assert value not in cleaned.replace(MARK, "\0" if "\0" not in value else "\1")


def test_a_known_secret_is_found_encoded_too() -> None:
    redactor = Redactor(['p@ss/w"rd é'])

    for form in ("p%40ss/w%22rd%20%C3%A9", "p%40ss%2Fw%22rd%20%C3%A9", 'p@ss/w\\"rd \\u00e9', 'p@ss/w"rd é'):
        assert redactor.clean(f"<{form}>") == f"<{MARK}>"


def test_a_secret_can_be_added_later_and_is_not_shown_by_repr() -> None:
    redactor = Redactor()
    redactor.add("winterpalace")

    assert redactor.clean("winterpalace") == MARK
    assert "winterpalace" not in repr(redactor)


def test_a_short_secret_does_not_mangle_words() -> None:
    assert Redactor(["", "abc"]).clean("abcdef") == "abcdef"


def test_a_line_shows_the_event_and_its_fields() -> None:
    text = line(Redactor(), "turn.done", turn="3f", seconds=3.14159265, note="two words")

    assert text.endswith('INFO turn.done turn=3f seconds=3.14159 note="two words"')


def test_fields_and_tracebacks_are_cleaned() -> None:
    try:
        raise ValueError(f"GET https://api.telegram.org/bot{TELEGRAM}/getMe failed for winterpalace")
    except ValueError:
        text = line(Redactor(["winterpalace"]), "poll.failed", url=f"/bot{TELEGRAM}/x", exc_info=sys.exc_info())

    assert "Traceback" in text
    assert TELEGRAM not in text
    assert "winterpalace" not in text


def test_nobody_can_forge_a_line() -> None:
    text = line(Redactor(), "a\nERROR forged", who="x\r\nERROR forged")

    assert "\n" not in text
    assert "\r" not in text


def test_installed_logging_hides_what_httpx_would_tell(root: logging.Logger) -> None:
    stream = io.StringIO()
    handler = install_logging("INFO", Redactor())
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)

    logging.getLogger("httpx").info("HTTP Request: POST https://api.telegram.org/bot%s/getMe", TELEGRAM)
    logging.getLogger("bot.some").info("bot.started %s", OPENROUTER)
    logging.getLogger("other").warning("hello")

    assert stream.getvalue().count("\n") == 2
    assert OPENROUTER not in stream.getvalue()
    assert "WARNING other: hello" in stream.getvalue()
    assert root.handlers == [handler]


def test_a_line_names_the_turn_it_was_written_for(root: logging.Logger) -> None:
    stream = io.StringIO()
    handler = install_logging("INFO", Redactor())
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)

    with working_for("42"):
        logging.getLogger("bot.some").info("thing.done", extra={"n": 1})
        logging.getLogger("bot.some").info("turn.done", extra={"turn": "41"})
    logging.getLogger("bot.some").info("thing.idle")

    told = [text.partition("INFO ")[2] for text in stream.getvalue().splitlines()]
    assert told == ["thing.done n=1 turn=42", "turn.done turn=41", "thing.idle"]


def test_a_crash_is_told_without_secrets(root: logging.Logger) -> None:
    stream = io.StringIO()
    handler = install_logging("INFO", Redactor())
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)

    error = RuntimeError(f"boom {OPENROUTER}")
    sys.excepthook(RuntimeError, error, None)
    threading.excepthook(threading.ExceptHookArgs((RuntimeError, error, None, None)))

    assert stream.getvalue().count("RuntimeError: boom [redacted]") == 2


def test_a_long_text_is_cleaned_quickly() -> None:
    redactor = Redactor([f"secret-number-{number}" for number in range(50)])
    nasty = ["a" * 200_000, "1" * 200_000, "?" + "a-" * 100_000, "a." * 100_000, "://" * 60_000, "bot " * 50_000]

    assert [redactor.clean(text) for text in nasty] == nasty
