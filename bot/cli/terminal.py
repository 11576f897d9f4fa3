"""Prompts at the terminal: questions, hidden input, choices."""

from __future__ import annotations

import getpass
import sys
import webbrowser
from typing import Protocol


class Terminal(Protocol):
    """Questions raise `EOFError` when the input has ended; ask only when `interactive`."""

    @property
    def interactive(self) -> bool: ...
    def say(self, text: str = "") -> None: ...
    def ask(self, question: str) -> str:
        """What was typed, trimmed."""

    def ask_secret(self, question: str) -> str:
        """What was typed, without showing it."""

    def open_page(self, url: str) -> bool:
        """Opens a browser; whether that worked."""


class Console:
    """The terminal that the program was started from."""

    @property
    def interactive(self) -> bool:
        return sys.stdin.isatty() and sys.stdout.isatty()

    def say(self, text: str = "") -> None:
        print(text)

    def ask(self, question: str) -> str:
        return input(f"{question} ").strip()

    def ask_secret(self, question: str) -> str:
        return getpass.getpass(f"{question} (it will not be shown) ").strip()

    def open_page(self, url: str) -> bool:
        return webbrowser.open(url)


def agrees(terminal: Terminal, question: str, *, default: bool = True) -> bool:
    """Whether the person says yes; Enter alone means the default."""
    answer = terminal.ask(f"{question} [{'Y/n' if default else 'y/N'}]").lower()
    return answer.startswith("y") if answer else default


def chosen(terminal: Terminal, question: str, choices: dict[str, str]) -> str:
    """The key of the choice that was made by number or by name; Enter alone takes the first."""
    names = list(choices)
    terminal.say(question)
    for place, (name, meaning) in enumerate(choices.items(), start=1):
        terminal.say(f"  {place}. {meaning} ({name})")
    while True:
        answer = terminal.ask(f"1 to {len(names)}, Enter for 1:").lower()
        if not answer:
            return names[0]
        if answer in names:
            return answer
        if answer.isdigit() and 1 <= int(answer) <= len(names):
            return names[int(answer) - 1]
