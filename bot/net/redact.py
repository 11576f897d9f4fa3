"""Redaction of secrets in log lines, error texts and answers."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable
from types import TracebackType
from urllib.parse import quote

from bot.core.trace import TurnFilter

log = logging.getLogger(__name__)

MARK = "[redacted]"
_SHORTEST_SECRET = 6

# Each pattern keeps what stands before the secret (group 1), so that a reader still sees what it was.
_PATTERNS = tuple(
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        # name: value, in headers, JSON, source text and listings of variables, where more may stand before the name
        r"""((?:authorization|api[_-]?key|access_token|refresh_token|bot_token|password|passwd|secret)"""
        r"""["']?\s*[:=]\s*["']?)(?:(?:bearer|basic|bot)\s+)?[^\s"',;}\]\[]{6,}""",
        r"(\b(?:bearer|basic|bot)\s+)[a-z0-9._~+/=:-]{16,}",
        r"()\bsk-[a-z0-9_-]{16,}",  # OpenRouter and OpenAI style keys
        r"()(?<!\d)\d{6,12}:[\w-]{30,}",  # Telegram bot token
        r"(/bot)[^/\s]{20,}",
        r"()(?<![\w-])[\w-]{23,30}\.[\w-]{6,7}\.[\w-]{27,45}(?![\w-])",  # Discord bot token
        r"((?:/webhooks|/interactions)/\d+/)[\w-]{20,}",  # Discord webhook and interaction tokens
        r"()\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",  # JSON web token
        r"(://)[^/\s@?#'\"<>]+(?=@)",  # user and password in an address
        # signed links: S3, Discord's attachment links, OAuth answers
        r"([?&;](?:[\w-]{0,40}(?:signature|credential|token|secret|password|api_?key|access_key|auth)"
        r"|key|sig|code|state|hm|ticket)=)[^&\s'\"<>#]+",
    )
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


class Redactor:
    """Replaces known secrets and everything that looks like one. Cheap enough for every log line.

    A known secret is found as it is, percent-encoded, and as it stands inside JSON.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def __repr__(self) -> str:
        return f"Redactor({len(self._known)} forms)"

    def add(self, secret: str) -> None:
        """Takes one more secret. One of fewer than 6 characters is left alone: it would mangle ordinary words."""
        value = secret.strip()
        if len(value) < _SHORTEST_SECRET:
            return
        self._known |= {value, quote(value), quote(value, safe=""), json.dumps(value)[1:-1], repr(value)[1:-1]}
        longest_first = sorted(self._known, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(form) for form in longest_first))

    def clean_known(self, text: str) -> str:
        """The text without the secrets that were added; what only looks like one stays."""
        return text if self._pattern is None else self._pattern.sub(MARK, text)

    def undecided(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of a secret that was added."""
        longest = max(map(len, self._known), default=1) - 1
        for start in range(max(0, len(text) - longest), len(text)):
            if any(form.startswith(text[start:]) for form in self._known):
                return len(text) - start
        return 0

    def clean(self, text: str) -> str:
        """The text with "[redacted]" in place of every secret. Cleaning twice changes nothing more."""
        text = self.clean_known(text)
        for pattern in _PATTERNS:
            text = pattern.sub(r"\g<1>" + MARK, text)
        return _PRIVATE_KEY.sub(MARK, text)


_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class RedactingFormatter(logging.Formatter):
    """One line for each event: time, level, noun.verb, then the extra fields as key=value, and no secret.

    The cleaning is done on the finished text, so that tracebacks and fields are covered. Line breaks inside a
    message or a field are written as \\n, so that a message cannot forge a log line.
    """

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self._redactor = redactor

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The first line of the entry: the event and its fields."""
        source = "" if record.name.startswith(("bot", "channels")) else f"{record.name}: "
        fields = "".join(
            f" {key}={_field(value)}"
            for key, value in vars(record).items()
            if key not in _STANDARD_FIELDS and not key.startswith("_")
        )
        text = _one_line(record.message)
        return f"{record.asctime} {record.levelname} {source}{text}{fields}"

    def format(self, record: logging.LogRecord) -> str:
        """The whole entry with its traceback, cleaned. The record itself keeps no text of ours for other handlers."""
        cached, record.exc_text = record.exc_text, None
        try:
            return self._redactor.clean(super().format(record))
        finally:
            record.exc_text = cached


def _one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n")


def _field(value: object) -> str:
    """A number or a plain word as it is, everything else in JSON quotes."""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return text if re.fullmatch(r"[\w./:@+-]+", text, re.ASCII) else json.dumps(text, ensure_ascii=False)


def install_logging(level: int | str, redactor: Redactor) -> logging.Handler:
    """The one handler on the root, writing to standard error; what stood there before is removed.

    httpx and httpcore are held at WARNING: they write request addresses, with the bot token in them, at INFO.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter(redactor))
    handler.addFilter(TurnFilter())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "telegram", "discord", "aiohttp.access", "asyncio", "PIL", "pydub.converter"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread_crash
    sys.unraisablehook = _log_unraisable
    return handler


def hide_in_crashes(redactor: Redactor) -> None:
    """Makes Python's own crash printouts leave out secrets: for commands, which keep no log."""

    def print_cleaned(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        sys.stderr.write(redactor.clean("".join(traceback.format_exception(kind, error, trace))))

    sys.excepthook = print_cleaned
    threading.excepthook = lambda crash: print_cleaned(crash.exc_type, crash.exc_value, crash.exc_traceback)
    sys.unraisablehook = lambda crash: print_cleaned(crash.exc_type, crash.exc_value, crash.exc_traceback)
    logging.captureWarnings(True)
    if logging.lastResort is not None:  # the handler of last resort, which the event loop uses when no log is set up
        logging.lastResort.setFormatter(RedactingFormatter(redactor))


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An uncaught exception goes through the formatter: Python's own printout would show secrets."""
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("process.crashed", exc_info=(kind, error, trace))


def _log_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is not None and not isinstance(crash.exc_value, SystemExit):
        log.critical("thread.crashed", exc_info=(crash.exc_type, crash.exc_value, crash.exc_traceback))


def _log_unraisable(crash: sys.UnraisableHookArgs) -> None:
    """An exception in a finaliser, which no caller can catch."""
    if crash.exc_value is not None:
        log.error("cleanup.crashed", exc_info=(crash.exc_type, crash.exc_value, crash.exc_traceback))
