import io
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.trace import working_for
from bot.net.redact import MARK, RedactingFormatter, Redactor, hide_in_crashes, install_logging

TELEGRAM = "123456789:AAE-abcdefghijklmnopqrstuvwxyz_01234"
OPENROUTER = "sk-or-v1-" + "0123456789abcdef" * 4


NOISY = ("httpx", "httpcore", "telegram", "discord", "aiohttp.access", "asyncio", "PIL", "pydub.converter")


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, and the noisy ones as if nobody had held them."""
    levels = {name: logging.getLogger(name).level for name in NOISY}
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.NOTSET)
    yield logging.getLogger()
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture
def said(root: logging.Logger) -> io.StringIO:
    """What the installed handler writes, at the level of debug."""
    stream = io.StringIO()
    handler = install_logging("DEBUG", Redactor(["winterpalace"]))
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    return stream


def line(redactor: Redactor, message: str, **fields: object) -> str:
    record = logging.makeLogRecord({"name": "bot.x", "msg": message, "levelname": "INFO", **fields})
    return RedactingFormatter(redactor).format(record)


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


def test_a_secret_of_quotes_and_signs_is_found_as_python_and_json_would_show_it() -> None:
    secret = '"it\'s\ta\\\x01b"'
    redactor = Redactor([secret])

    for form in (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]):
        assert redactor.clean(f"<{form}>") == f"<{MARK}>"


def test_every_secret_is_known_also_when_one_begins_like_another() -> None:
    secrets = ["winter", "winterpalace", "palaces", "palace garden"]

    for order in permutations(secrets):
        redactor = Redactor(order)
        assert [redactor.clean(f"<{secret}>") for secret in secrets] == [f"<{MARK}>"] * 4


def test_a_secret_of_six_characters_is_one() -> None:
    assert Redactor([" 123456 "]).clean("<123456>") == f"<{MARK}>"
    assert Redactor(["12345"]).clean("<12345>") == "<12345>"


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


def test_a_line_begins_with_the_time_and_its_zone() -> None:
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} INFO turn\.done$", line(Redactor(), "turn.done"))


@pytest.mark.parametrize(
    ("field", "shown"),
    [("größe", '"größe"'), ('a"b', '"a\\"b"'), ("", '""'), ("a/b.c:d@e+f-g_1", "a/b.c:d@e+f-g_1"), (7, "7")],
)
def test_a_field_is_quoted_unless_it_is_a_plain_word(field: object, shown: str) -> None:
    assert line(Redactor(), "x", field=field).endswith(f"INFO x field={shown}")


@pytest.mark.parametrize(
    ("name", "source"), [("bot.x", ""), ("channels.telegram", ""), ("aiohttp.web", "aiohttp.web: ")]
)
def test_only_strangers_are_named_and_their_private_fields_left_out(name: str, source: str) -> None:
    assert line(Redactor(), "x", name=name, _private="no").endswith(f"INFO {source}x")


def test_the_record_is_left_as_it_was_for_other_handlers() -> None:
    record = logging.makeLogRecord({"name": "bot.x", "msg": "x", "exc_text": "Traceback of another handler"})

    assert "another" not in RedactingFormatter(Redactor()).format(record)
    assert record.exc_text == "Traceback of another handler"


def test_fields_and_tracebacks_are_cleaned() -> None:
    try:
        raise ValueError(f"GET https://api.telegram.org/bot{TELEGRAM}/getMe failed for winterpalace")
    except ValueError:
        text = line(Redactor(["winterpalace"]), "poll.failed", url=f"/bot{TELEGRAM}/x", exc_info=sys.exc_info())

    assert "Traceback" in text
    assert TELEGRAM not in text
    assert "winterpalace" not in text


def test_nobody_can_forge_a_line() -> None:
    text = line(Redactor(), "a\r\nERROR forged", who="x\r\nERROR forged")

    assert text.endswith(r'INFO a\r\nERROR forged who="x\r\nERROR forged"')


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


def test_a_crash_is_told_without_secrets(said: io.StringIO) -> None:
    error = RuntimeError(f"boom {OPENROUTER} winterpalace")
    sys.excepthook(RuntimeError, error, None)
    threading.excepthook(threading.ExceptHookArgs((RuntimeError, error, None, None)))

    told = [text.partition("CRITICAL ")[2] or text for text in said.getvalue().splitlines()]
    shown = "RuntimeError: boom [redacted] [redacted]"
    assert told == ["process.crashed", shown, "thread.crashed", shown]


def test_what_breaks_while_it_is_thrown_away_is_told_without_secrets(said: io.StringIO) -> None:
    class Leaking:
        def __del__(self) -> None:
            raise RuntimeError("boom winterpalace")

    Leaking()  # gone at once

    assert "ERROR cleanup.crashed\nTraceback" in said.getvalue()
    assert said.getvalue().endswith("RuntimeError: boom [redacted]\n")


@pytest.mark.usefixtures("root")
def test_a_command_that_breaks_prints_its_traceback_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    class Leaking:
        def __del__(self) -> None:
            raise RuntimeError("boom winterpalace")

    hide_in_crashes(Redactor(["winterpalace"]))

    Leaking()  # gone at once
    for hook in (sys.excepthook, lambda *crash: threading.excepthook(threading.ExceptHookArgs((*crash, None)))):
        try:
            raise ValueError("boom winterpalace") from KeyError(OPENROUTER)
        except ValueError as error:
            hook(ValueError, error, error.__traceback__)

    told = capsys.readouterr().err
    assert told.count("Traceback (most recent call last):") == 3
    assert told.startswith("Traceback (most recent call last):\n  File ")
    assert told.count("RuntimeError: boom [redacted]\n") == 1
    assert told.count("KeyError: '[redacted]'\n") == told.count("ValueError: boom [redacted]\n") == 2


@pytest.mark.usefixtures("root")
def test_what_speaks_where_nobody_keeps_a_log_is_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    hide_in_crashes(Redactor(["winterpalace"]))
    assert logging.lastResort is not None

    logging.lastResort.handle(logging.makeLogRecord({"name": "asyncio", "msg": "lost: winterpalace"}))

    assert "asyncio: lost: [redacted]" in capsys.readouterr().err


def test_an_end_that_somebody_asked_for_is_no_crash(said: io.StringIO) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    threading.excepthook(threading.ExceptHookArgs((SystemExit, SystemExit(0), None, None)))
    threading.excepthook(threading.ExceptHookArgs((RuntimeError, None, None, None)))

    assert said.getvalue() == ""


@pytest.mark.parametrize("name", NOISY)
def test_libraries_that_show_addresses_speak_only_when_something_is_wrong(name: str, said: io.StringIO) -> None:
    logging.getLogger(name).info("GET /bot/getMe")
    logging.getLogger(name).warning("trouble")

    assert said.getvalue().endswith(f"WARNING {name}: trouble\n")
    assert "getMe" not in said.getvalue()


def test_a_warning_is_a_line_of_the_log(root: logging.Logger) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        handler = install_logging("INFO", Redactor(["winterpalace"]))
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(stream := io.StringIO())
        warnings.warn("the winterpalace is old", UserWarning, stacklevel=1)
        logging.captureWarnings(False)

    assert "WARNING py.warnings: " in stream.getvalue()
    assert "UserWarning: the [redacted] is old" in stream.getvalue()


def test_a_long_text_is_cleaned_quickly() -> None:
    redactor = Redactor([f"secret-number-{number}" for number in range(50)])
    nasty = ["a" * 200_000, "1" * 200_000, "?" + "a-" * 100_000, "a." * 100_000, "://" * 60_000, "bot " * 50_000]

    assert [redactor.clean(text) for text in nasty] == nasty
