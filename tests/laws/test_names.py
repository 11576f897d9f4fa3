"""A stranger finds each room by the field's word for it, and the map of the house names rooms that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("channels/**/*.py")])
PAGES = ("docs/architecture.md", "CONTRIBUTING.md", "README.md")

# A term, and the spellings under which a stranger may meet it.
TRADE_TERMS = {
    "rate limit": ("rate limit", "rate_limit"),
    "SSRF": ("ssrf",),
    "supervisor": ("supervisor",),
    "cooldown": ("cooldown",),
    "backoff": ("backoff",),
    "scheduler": ("scheduler",),
    "context window": ("context window",),
    "deduplication": ("deduplicat",),
    "idempotency": ("idempoten",),
    "migration": ("migration",),
    "transcription": ("transcription",),
    "synthesis": ("synthesis",),
    "waveform": ("waveform",),
    "webhook": ("webhook",),
    "long polling": ("long polling",),
    "gateway": ("gateway",),
    "pairing": ("pairing",),
    "allowlist": ("allowlist",),
    "budget": ("budget",),
    "retention": ("retention",),
    "redaction": ("redaction",),
    "crash loop": ("crash loop", "crash_loop"),
    "watchdog": ("watchdog",),
    "server-sent events": ("server-sent events",),
    "tool call": ("tool call", "tool_call"),
    "prompt cache": ("prompt cache",),
    "fallback": ("fallback",),
    "sandbox": ("sandbox",),
    "outbox": ("outbox",),
    "inbox": ("inbox",),
}


def sign_of(path: Path) -> str:
    """What stands on a module's door: its path and the first line of its docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    first_line = docstring.splitlines()[0] if docstring else ""
    return f"{path.relative_to(ROOT)} {first_line}".casefold()


SIGNS = {path: sign_of(path) for path in MODULES}


@pytest.mark.parametrize("term", TRADE_TERMS)
def test_a_stranger_who_searches_by_the_fields_word_finds_a_module(term: str) -> None:
    rooms = [path for path, sign in SIGNS.items() if any(spelling in sign for spelling in TRADE_TERMS[term])]

    assert rooms, f"no module carries {term!r} in its name or its first line"


def test_every_module_says_what_it_is() -> None:
    silent = [str(path.relative_to(ROOT)) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))]

    assert not silent


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page: str) -> None:
    named = re.findall(
        r"`((?:bot|channels|tests|docs|systemd|changes|benchmarks)/[\w./-]*)`", (ROOT / page).read_text()
    )
    missing = [name for name in named if not (ROOT / name).exists()]

    assert named
    assert not missing, f"{page} names what is not there: {missing}"


def test_the_map_names_every_folder() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    folders = {path.parent.relative_to(ROOT) for path in MODULES} - {Path("bot"), Path("channels")}
    unnamed = [str(folder) for folder in sorted(folders) if f"{folder.name}/" not in page and str(folder) not in page]

    assert not unnamed
