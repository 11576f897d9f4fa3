"""Laws of the Markdown renderer, and the forms people see."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.media.characters import units, whole
from channels.telegram.html import MOST_UNITS, to_html
from tests.fakes.telegram_markup import visible

MARKS = ["*", "**", "***", "_", "__", "~~", "||", "`", "``", "```", "\n", " ", "[", "](", ")", "https://x.y/_a_"]
MARKS += ["# ", "> ", "- ", "| a | b |", "|---|---|", "\\", "<b>", "&amp;", "&", ">", '"', "a", "Ü", "👩‍🚀", "\ud83d"]
markdown = st.one_of(st.text(), st.lists(st.sampled_from(MARKS), max_size=40).map("".join))


@given(markdown)
def test_whatever_a_model_writes_becomes_well_formed_html(text: str) -> None:
    visible(to_html(text))  # raises for a foreign, crossed or open tag


@given(markdown)
def test_rendering_never_makes_a_text_longer_to_the_eye(text: str) -> None:
    shown = visible(to_html(text, limit=0))

    assert units(shown) <= units(whole(text))


@given(markdown)
def test_a_text_never_vanishes(text: str) -> None:
    assert visible(to_html(text)).strip() or not text.strip()


@given(markdown)
def test_aligned_tables_never_push_a_message_over_the_limit(text: str) -> None:
    limit = units(text) + 10

    assert units(visible(to_html(text, limit=limit))) <= limit


@given(st.lists(st.lists(st.text("ab *`", max_size=30), min_size=2, max_size=2), min_size=1, max_size=5))
def test_a_table_keeps_the_limit_too(rows: list[list[str]]) -> None:
    lines = [f"|{left}|{right}|" for left, right in rows]
    text = "\n".join([lines[0], "|---|---|", *lines[1:], lines[0], "|---|---|", *lines[1:]])
    limit = units(text) + 10

    assert units(visible(to_html(text, limit=limit))) <= limit


def test_tables_share_the_room_that_is_left() -> None:
    table = "| a | b |\n|---|---|\n| xxxxxxxxxxxx | y |"
    text = f"{table}\n\n{table}"

    shown = visible(to_html(text, limit=units(text) + 10))

    assert shown == f"a             b\n------------  -\nxxxxxxxxxxxx  y\n\n{table}"


@given(st.text(alphabet=st.characters(categories=("L", "N", "Zs", "P"), exclude_characters="*_~`|[]\\#>+-=")))
def test_words_without_marks_are_shown_as_they_are(text: str) -> None:
    assert visible(to_html(text)) == text


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("**bold** and *italic*", "<b>bold</b> and <i>italic</i>"),
        ("__bold__ and _italic_", "<b>bold</b> and <i>italic</i>"),
        ("***both***", "<b><i>both</i></b>"),
        ("**a *b* c**", "<b>a <i>b</i> c</b>"),
        ("~~gone~~", "<s>gone</s>"),
        ("||psst||", "<tg-spoiler>psst</tg-spoiler>"),
        ("`a < b` & c", "<code>a &lt; b</code> &amp; c"),
        ("``a ` b``", "<code>a ` b</code>"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("**open", "**open"),
        ("** a ** b", "** a ** b"),
        ("**a _b** c_", "<b>a _b</b> c_"),
        (r"\*not\* emphasis", "*not* emphasis"),
        ("# Title", "<b>Title</b>"),
        ("- one\n  * two", "• one\n  • two"),
        ("- [ ] open\n- [x] done", "☐ open\n☑ done"),
        ("> said\n> twice\nnot", "<blockquote>said\ntwice</blockquote>\nnot"),
        ("[here](https://a.b/c?d=1&e=(2))", '<a href="https://a.b/c?d=1&amp;e=(2)">here</a>'),
        ("[**b**](http://a.b)", '<a href="http://a.b"><b>b</b></a>'),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](tg://user?id=1)", "[x](tg://user?id=1)"),
        ("```py\nx = '<'\n```", "<pre><code class=\"language-py\">x = '&lt;'</code></pre>"),
        ("```\nplain\n```", "<pre>plain</pre>"),
        ("~~~\n```\n~~~", "<pre>```</pre>"),
        ("```js\nstill being wri", '<pre><code class="language-js">still being wri</code></pre>'),
        ("| a | b |\n|---|:-:|\n| **1** | long |", "<pre>a  b\n-  ----\n1  long</pre>"),
        ("a <script> b", "a &lt;script&gt; b"),
        ("# C# and F#", "<b>C# and F#</b>"),
        ("## closed ##", "<b>closed</b>"),
    ],
)
def test_a_form_is_shown_as_meant(markdown: str, html: str) -> None:
    assert to_html(markdown) == html


@pytest.mark.parametrize(
    "address",
    [
        "https://files.example.com/_drafts_/plan.html",
        "https://x.org/__init__.py",
        "www.x.org/_x_/y",
        "https://x.org/?a=~~u~~&b=`z`&c=||1||&d",
        "https://x.org/(a_b)_c_(d)",
        "_first_last_@x.org",
        "a_b_c@x_y.org",
    ],
)
def test_an_address_keeps_its_marks(address: str) -> None:
    for text in (
        address,
        f"See {address}.",
        f"({address})",
        f"[{address}](https://y.org)",
        f"- {address}, and _so_ on",
    ):
        assert address in visible(to_html(text))
    assert to_html(f"**{address}**").startswith("<b>")


@given(st.text(alphabet="ab_*~`|/.-", min_size=1, max_size=20).map(lambda path: f"https://x.org/{path}z"))
def test_every_address_stays_as_it_was_written(address: str) -> None:
    assert visible(to_html(f"see {address} now")) == f"see {address} now"


@pytest.mark.parametrize(
    "unit",
    [
        "# a" + " " * 60,
        "a@",
        "_@a.",
        "https://",
        "www.)",
        "*a",
        "**a ",
        "[",
        "[a](http://(",
        "_*",
        "||",
        "~~a",
        "> ",
        "| ",
        "`a``b",
        "**__",
    ],
)
def test_no_input_takes_long(unit: str) -> None:
    text = unit * (MOST_UNITS // len(unit))
    started = time.process_time()

    to_html(text)

    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    "text", ["# a" + " " * 100_000 + "b", "# " + "#" * 100_000 + "b", "a@" * 50_000, "_" * 100_000]
)
def test_a_long_line_is_no_slower_than_a_short_one(text: str) -> None:
    started = time.process_time()

    to_html(text)

    assert time.process_time() - started < 0.2
