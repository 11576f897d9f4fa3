"""Markdown in Discord's dialect."""

from __future__ import annotations

import pytest

from channels.discord.markdown import to_discord


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("# Big\n### Small", "# Big\n### Small"),
        ("#### Tiny ##", "**Tiny**"),
        ("a\n\n---\nb", "a\n\n⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯\nb"),
        ("![a cat](https://x/cat.png)", "[a cat](https://x/cat.png)"),
        ("**bold** _it_ ~~no~~ `x|y`", "**bold** _it_ ~~no~~ `x|y`"),
        ("a | b is not a table", "a | b is not a table"),
    ],
)
def test_what_discord_does_not_know_is_shown_in_what_it_knows(written: str, shown: str) -> None:
    assert to_discord(written, 2000) == shown


def test_a_table_is_aligned_in_a_code_block() -> None:
    written = "See:\n| Name | Age |\n|:-----|----:|\n| Ada | 36 |\n| Bo | 7 |\nDone."

    assert to_discord(written, 2000) == "See:\n```\nName  Age\n----  ---\nAda   36\nBo    7\n```\nDone."


def test_code_is_left_alone() -> None:
    written = "```\n#### not a heading\n---\n| a | b |\n|---|---|\n```"

    assert to_discord(written, 2000) == written


def test_a_text_that_would_outgrow_the_limit_stays_as_written() -> None:
    written = "| Name | Age |\n|--|--|\n| A somewhat longer name | 3 |"

    assert to_discord(written, len(written)) == written


def test_a_pipe_that_belongs_to_a_cell_stays_in_it() -> None:
    written = "| a | b |\n|---|---|\n| `x \\| y` | z |\n| | 2 |"

    assert to_discord(written, 2000) == "```\na        b\n-------  -\n`x | y`  z\n         2\n```"


def test_wide_characters_and_accents_stay_in_their_columns() -> None:
    written = "| 名 | n |\n|---|---|\n| 价格 | 1 |\n| e\u0301 | 2 |"

    assert to_discord(written, 2000) == "```\n名    n\n----  -\n价格  1\ne\u0301     2\n```"


def test_what_looks_like_a_fence_changes_no_code() -> None:
    written = "```npm i```\n```yaml\n---\na: 1\n#### b\n```"

    assert to_discord(written, 2000) == written
