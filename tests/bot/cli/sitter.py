"""Somebody who sits at the terminal and answers."""

from __future__ import annotations

from collections.abc import Callable

from bot.cli.terminal import Console


class Sitter(Console):
    """Answers questions by a part of their wording, each once and in order; anything else is a failure.

    `visit` is what happens when a page is opened.
    """

    interactive = True

    def __init__(self, answers: list[tuple[str, str]], visit: Callable[[str], bool] = lambda _: False) -> None:
        self.heard: list[str] = []
        self._answers, self._visit = answers, visit

    @property
    def all(self) -> str:
        return "\n".join(self.heard)

    def say(self, text: str = "") -> None:
        self.heard.append(text)

    def ask(self, question: str) -> str:
        assert self._answers, f"nobody expected the question {question!r}"
        part, answer = self._answers.pop(0)
        assert part in question, f"expected a question about {part!r}, heard {question!r}"
        return answer

    ask_secret = ask

    def open_page(self, url: str) -> bool:
        return self._visit(url)

    @property
    def done(self) -> bool:
        return not self._answers
