"""Fenced code blocks, held against an independent reader of CommonMark and in everything that uses them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.media.fences import blocks, looks_like_edge, scan
from bot.media.speakable import speakable, tagged_speech
from bot.media.split import split
from channels.discord.markdown import to_discord
from channels.telegram.html import to_html

REFERENCE = MarkdownIt("commonmark")
LINES = [
    "```",
    "````",
    "~~~",
    "~~~~",
    "```py x=1",
    "``` a`b",
    "~~~ a`b",
    "  ```",
    "   ~~~  ",
    "```x```",
    "words",
    "",
    "  words",
    "~~",
    "``",
    "```~",
    "> ```",
    "> ~~~ js",
    ">",
    "> words",
    ">>~~~",
]
DEEP = [
    ("- ```py\n  x = 1\n  ```\nend", ["x = 1"], "py"),
    ("1. ```\n   a\n     b\n   ```", ["a", "  b"], ""),
    ("1. step\n\n        ~~~sh\n        ls\n        ~~~\nend", ["ls"], "sh"),
    ("- ```\ncode that was not indented\n```\nend", ["code that was not indented"], ""),
    ("```\n    ```\n```", ["    ```"], ""),
    ("\t```\n\tx\n\t```", ["x"], ""),
    ("> - ```\n>   x\n>   ```", ["x"], ""),
    ("> ```\n> never closed in the quote\nafter it", ["never closed in the quote"], ""),
    ("````md\n```py\nx\n```\n````", ["```py", "x", "```"], "md"),
    ("```\r\nx\r\n```\r\n", ["x\r"], ""),
]


def by_reference(text: str) -> list[str]:
    return [token.content for token in REFERENCE.parse(text) if token.type == "fence"]


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=12))
def test_what_commonmark_calls_a_block_of_code_is_one(lines: list[str]) -> None:
    code = ["".join(f"{line}\n" for line in block.code) for block in blocks(lines).values()]

    assert code == by_reference("\n".join(lines) + "\n")


@pytest.mark.parametrize(("text", "code", "language"), DEEP)
def test_blocks_in_lists_and_quotes_are_known(text: str, code: list[str], language: str) -> None:
    (block,) = blocks(text.split("\n")).values()

    assert (list(block.code), block.fence.language) == (code, language)


@pytest.mark.parametrize("text", ["```x = 1```", "say ```", "-```", "``", "a ~~~", "`` ` ``", "-- ```"])
def test_a_block_in_one_line_and_ticks_among_words_open_nothing(text: str) -> None:
    assert not blocks([text, "words"])


def test_a_line_longer_than_asked_for_opens_nothing() -> None:
    assert [line.edge for line in scan(["```python", "x", "```"], 9)] == ["opens", "", "closes"]
    assert [line.edge for line in scan(["```python", "x", "```"], 8)] == ["", "", "opens"]


@pytest.mark.parametrize(
    ("text", "edge"),
    [("```", True), ("- ~~~ x", True), ("> 1. ```", True), ("\xa0```", True), ("x```", False), ("", False)],
)
def test_what_might_become_an_edge_is_seen(text: str, edge: bool) -> None:
    assert looks_like_edge(text, 0, len(text)) is edge


@pytest.mark.parametrize("text", [text for text, _, _ in DEEP])
def test_everything_that_shows_or_says_an_answer_agrees_on_what_is_code(text: str) -> None:
    (block,) = blocks(text.split("\n")).values()
    code = "\n".join(block.code)

    assert code.replace("&", "&amp;").replace(">", "&gt;") in to_html(text) or block.fence.quotes
    assert all(line.strip() in to_discord(text, 2000) for line in block.code)
    assert not any(line.strip() in speakable(f"{'WORDS HERE. ' * 9}\n\n{text}") for line in block.code)
    assert tagged_speech(f"[[voice]]\n{text.replace('x', '[[voice]]')}").shown.count("[[voice]]") == text.count("x")
    assert split(text, 2000, utf16=False)[0].startswith(text.rstrip())


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("- ```py\n  x\n  ```\nend", '•\n<pre><code class="language-py">x</code></pre>\nend'),
        ("2. ~~~\n   x\n   ~~~", "2.\n<pre>x</pre>"),
        ("```x = 1```\n**b**", "<code>x = 1</code>\n<b>b</b>"),
    ],
)
def test_telegram_shows_code_of_a_list(written: str, shown: str) -> None:
    assert to_html(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("~~~py\n#### x\n~~~\n---", "```py\n#### x\n```\n" + "⎯" * 10),
        ("````\n#### x\n````", "```\n#### x\n```"),
        ("````\n```\n#### x\n````\n---", "````\n```\n#### x\n````\n" + "⎯" * 10),
        ("~~~\n#### x", "```\n#### x"),
        ("- ```\n  ---\n  ```\n---", "- ```\n  ---\n  ```\n" + "⎯" * 10),
        ("```x```\n---", "```x```\n" + "⎯" * 10),
        ("```\n``` py\n---\n```", "```\n``` py\n---\n```"),
    ],
)
def test_discord_shows_code_between_its_own_fences(written: str, shown: str) -> None:
    assert to_discord(written, 2000) == shown


def test_code_in_a_quote_stays_in_the_quote_however_it_is_cut() -> None:
    code = "\n".join(f"> line_{number} = {number}" for number in range(30))

    messages = split(f"> ```py\n{code}\n> ```\nafter", 100, utf16=False)

    assert all(line.startswith(">") for message in messages for line in message.split("\n") if line != "after")
    assert all(message.startswith("> ```py\n> line_") for message in messages[1:-1])
    assert "".join("".join(by_reference(message)) for message in messages).count("line_") == 30


def test_a_long_line_in_a_quote_goes_on_in_the_quote() -> None:
    messages = split("> ```\n> " + "x" * 200 + "\n> ```", 100, utf16=False)

    assert "".join("".join(by_reference(message)) for message in messages).count("x") == 200
    assert all(by_reference(message) for message in messages)


def test_a_cut_makes_no_block_out_of_a_list_item_or_a_quote() -> None:
    for mark in ("- ```", "> ```", "1. ~~~"):
        text = f"{'word ' * 7}{mark} more {'word ' * 20}"
        assert not any(blocks(message.split("\n")) for message in split(text, 40, utf16=False))
