import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.media.split import Piece, _inside_character, length, pieces, split

WORDS = ["word ", "Sentence one. ", "。文", "\n", "\n\n", "    ", "\t", "* item\n", "\r\n", "x" * 30, "y" * 200]
CODE = [
    "```\n",
    "```python\n",
    "\n```\n",
    "~~~~\n",
    "~~~~~   \n",
    "``` a`b\n",
    " ```js x=1\n",
    "- ```\n",
    "\n    ```\n",
    "  indented\n",
    "`inline`",
]
SYMBOLS = ["👨‍👩‍👧‍👦", "🇩🇪🇫🇷", "e\u0301", "𝒜" * 40, "\ud800", "\udc00"]
ATOMS = st.sampled_from(WORDS + CODE + SYMBOLS)
TEXTS = st.lists(ATOMS, max_size=40).map("".join) | st.text(max_size=300)


def has_open_block(text: str) -> bool:
    """An independent reading of the fence rules."""
    marker, deepest = "", 0
    for line in text.split("\n"):
        found = re.fullmatch(r"((?:[-*+]|\d+[.)]|[ \t])*)(`{3,}|~{3,})[ \t]*(.*)", line)
        if found and not marker and not (found[2][0] == "`" and "`" in found[3]):
            marker, deepest = found[2], len(found[1].expandtabs(4)) + 3
        elif found and marker and found[2].startswith(marker) and not found[3].strip() and not found[1].strip():
            marker = marker if len(found[1].expandtabs(4)) > deepest else ""
    return bool(marker)


@settings(max_examples=600, deadline=None)
@given(TEXTS, st.integers(2, 120), st.booleans())
@example("```\n", 24, True)
@example(" " * 500 + "x", 20, False)
@example("```\n" + " " * 500 + "x\n```", 60, False)
def test_bodies_and_gaps_are_the_text(text: str, limit: int, utf16: bool) -> None:
    found = pieces(text, limit, utf16=utf16)

    joined = "".join(piece.body + piece.gap for piece in found)
    head = text[: len(text) - len(joined)]
    assert head + joined == text
    assert not head.strip()
    assert all(not piece.gap.strip() for piece in found)
    assert all(piece.gap in ("", "\n") for piece in found if piece.closer)
    assert all(piece.body.strip() for piece in found if not piece.opener and not piece.closer)


@settings(max_examples=600, deadline=None)
@given(TEXTS, st.integers(2, 120), st.booleans())
def test_every_message_fits_and_shows_something(text: str, limit: int, utf16: bool) -> None:
    messages = split(text, limit, utf16=utf16)

    assert all(length(message, utf16) <= limit for message in messages)
    assert all(message.strip() for message in messages)
    assert bool(messages) == bool(text.strip())


@settings(max_examples=600, deadline=None)
@example("word " * 39 + "```\nmore " * 60, 200, False)
@example("word " * 39 + "\u00a0" * 9 + "``` more", 200, False)
@example("word " * 38 + "\n" + "\x1c" * 90 + "``` more", 200, False)
@given(TEXTS, st.integers(160, 400), st.booleans())
def test_no_message_leaves_a_code_block_open(text: str, limit: int, utf16: bool) -> None:
    assert not any(has_open_block(message) for message in split(text, limit, utf16=utf16))


def test_text_that_fits_is_left_alone() -> None:
    text = "# Title\n\n- one\n- two\n\n```py\nprint(1)\n```"

    assert split(text, 4096, utf16=True) == (text,)


@pytest.mark.parametrize("blank", ["", " ", "\n\n \t\n"])
def test_blank_text_is_no_message(blank: str) -> None:
    assert split(blank, 100, utf16=False) == ()


def test_a_cut_prefers_the_paragraph() -> None:
    text = "a" * 30 + ". b\n\n" + "c" * 20 + "\nsecond line of it " + "d" * 40

    assert split(text, 80, utf16=False)[0] == "a" * 30 + ". b"


def test_without_paragraphs_a_cut_prefers_the_line_then_the_sentence_then_the_space() -> None:
    assert split("one two. three\nfour five six", 20, utf16=False)[0] == "one two. three"
    assert split("one two. three four five", 20, utf16=False)[0] == "one two."
    assert split("one two three four five", 20, utf16=False)[0] == "one two three four"


def test_a_long_word_is_cut_anyway() -> None:
    assert split("x" * 25, 10, utf16=False) == ("x" * 10, "x" * 10, "x" * 5)


def test_a_code_block_is_reopened_with_its_language() -> None:
    code = "\n".join(f"line_{number} = {number}" for number in range(20))

    messages = split(f"Look:\n\n```python title=x\n{code}\n```\n\nDone.", 120, utf16=False)

    assert messages[0].endswith("\n```")
    assert all(message.startswith("```python\n") for message in messages[1:-1])
    rejoined = "\n".join(messages).replace("\n```\n```python\n", "\n")
    assert rejoined == f"Look:\n\n```python title=x\n{code}\n```\n\nDone."


def test_no_block_is_opened_only_to_be_closed() -> None:
    messages = split("intro " * 5 + "\n```python\n" + "x" * 300 + "\n```", 100, utf16=False)

    assert not any("```python\n```" in message for message in messages)


def test_indentation_survives_a_cut_in_code() -> None:
    code = "def f():\n" + "\n".join(f"    x{number} = 1" for number in range(30))

    messages = split(f"```py\n{code}\n```", 100, utf16=False)

    assert all(message.startswith("```py\n    x") for message in messages[1:])


def test_a_block_that_fits_a_message_of_its_own_stays_whole() -> None:
    block = "```\n" + "code\n" * 12 + "```"

    assert split("Words before it. " * 4 + "\n" + block + "\nafter", 90, utf16=False)[1].startswith(block)


def test_a_block_nobody_closed_is_closed() -> None:
    assert split("```py\nprint(1)\n", 100, utf16=False) == ("```py\nprint(1)\n```",)


def test_emoji_count_twice_for_utf16_and_are_never_halved() -> None:
    messages = split("😀" * 10, 7, utf16=True)

    assert messages == ("😀" * 3, "😀" * 3, "😀" * 3, "😀")


def test_a_family_a_flag_and_an_accent_stay_whole() -> None:
    family = "👨‍👩‍👧‍👦"

    assert split(family * 3, 10, utf16=False) == (family, family, family)
    assert split("🇩🇪🇫🇷🇮🇹", 3, utf16=False) == ("🇩🇪", "🇫🇷", "🇮🇹")
    assert split("abce\u0301", 4, utf16=False) == ("abc", "e\u0301")


def test_a_limit_nothing_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        split("a", 1, utf16=True)


def test_a_cut_never_makes_a_fence_out_of_words() -> None:
    text = "word " * 7 + "```not a block``` " + "word " * 20

    assert not any(has_open_block(message) for message in split(text, 40, utf16=False))


def test_a_megabyte_is_split_in_reasonable_time() -> None:
    text = ("word " * 300 + "\n```c\n" + "int x;\n" * 400 + "```\n😀") * 200

    assert len(split(text, 2000, utf16=True)) > 500


def test_a_piece_tells_what_was_added() -> None:
    first = pieces("```py\n" + "a = 1\n" * 40 + "```", 100, utf16=False)[0]

    assert first == Piece(first.body, gap="\n", closer="\n```")
    assert first.text == first.body + "\n```"


def test_length_is_counted_as_the_platform_counts() -> None:
    assert length("a😀\ud800", utf16=True) == 4
    assert length("a😀\ud800", utf16=False) == 3


@pytest.mark.parametrize(
    ("text", "at", "inside"),
    [
        ("ab", 1, False),
        ("e\u0301", 1, True),
        ("👩\u200d👧", 1, True),
        ("👩\u200d👧", 2, True),
        ("👍\U0001f3fb", 1, True),
        ("👍\U0001f3ff", 1, True),
        ("👍\U0001f3fa", 1, False),
        ("👍\U0001f400", 1, False),
        ("\r\n", 1, True),
        ("\n\r", 1, False),
        ("🏴\U000e0020", 1, True),
        ("🏴\U000e007f", 1, True),
        ("🏴\U000e001f", 1, False),
        ("🏴\U000e0080", 1, False),
        ("\ud800\udc00", 1, True),
        ("\udbff\udfff", 1, True),
        ("\ud800x", 1, False),
        ("x\udc00", 1, False),
        ("\ud800\ue000", 1, False),
        ("\udc00\udc00", 1, False),
        ("\U0001f1e6\U0001f1ff", 1, True),
        ("\U0001f1ff\U0001f1e6", 1, True),
        ("x\U0001f1e6\U0001f1ff", 1, False),
        ("x\U0001f1e6\U0001f1ff", 2, True),
        ("\U0001f1e6\U0001f1ff\U0001f1e6\U0001f1ff", 2, False),
        ("\U0001f1e6\U0001f1ff\U0001f1e6\U0001f1ff", 3, True),
        ("\U0001f1e6\U0001f200", 1, False),
        ("\U0001f1e6\U0001f1e5", 1, False),
    ],
)
def test_what_people_see_as_one_character_has_an_inside(text: str, at: int, inside: bool) -> None:
    assert _inside_character(text, at) is inside


def test_a_message_is_filled_as_far_as_it_can_be() -> None:
    assert split("😀" + "x" * 20, 10, utf16=True) == ("😀" + "x" * 8, "x" * 10, "xx")
    assert split("\uffff😀" + "\uffff" * 8, 10, utf16=True) == ("\uffff😀" + "\uffff" * 7, "\uffff")
    assert split("x" * 20, 10, utf16=True) == ("x" * 10, "x" * 10)


def test_code_of_wide_characters_fits_with_the_end_of_its_block() -> None:
    messages = split("```\n" + "😀" * 100 + "\n```", 31, utf16=True)

    assert all(len(message.encode("utf-16-le")) // 2 <= 31 for message in messages)
    assert "".join(messages).count("😀") == 100


def test_indentation_is_kept_and_blank_lines_are_left_out() -> None:
    assert split("  x", 100, utf16=False) == ("  x",)
    assert split("\n \n  x", 100, utf16=False) == ("  x",)
    assert split("a" * 20 + "\n\n\n" + " " * 7 + "b" * 20, 30, utf16=False) == ("a" * 20, " " * 7 + "b" * 20)
    assert split("a" * 20 + "\n" + " " * 8 + "b" * 20, 30, utf16=False) == ("a" * 20, "b" * 20)


@pytest.mark.parametrize(
    ("beginning", "taken"),
    [
        ("a" * 10 + "\n", True),
        ("a" * 9 + "\n", False),
        ("a" * 9 + ". ", True),
        ("a" * 8 + ". ", False),
        ("```\nab\n```\n", True),
        ("```\na\n```\n", False),
    ],
)
@pytest.mark.parametrize("limit", [30, 31, 32])
def test_a_kind_place_is_taken_from_a_third_of_the_limit_on(beginning: str, taken: bool, limit: int) -> None:
    first = split(beginning + "bb " * 30, limit, utf16=False)[0]

    assert (first == beginning.strip()) is taken


def test_a_space_is_better_than_no_place_however_early() -> None:
    assert split("a bbbbbbbb", 5, utf16=False) == ("a", "bbbbb", "bbb")
    assert split("a " + "b" * 10, 8, utf16=False) == ("a", "b" * 8, "bb")


def test_a_block_that_ends_with_the_message_stays_with_what_comes_before_it() -> None:
    block = "```\n" + "c" * 20 + "\n```"
    whole = "before the block.\n\n" + block

    assert split(whole + "\nafter", len(whole), utf16=False) == (whole, "after")


@pytest.mark.parametrize("text", ["```py", "word\n```py", "```", "~~~~ x"])
def test_a_block_that_only_just_begins_is_closed(text: str) -> None:
    marker = "~~~~" if "~" in text else "```"

    assert split(text, 100, utf16=False) == (f"{text}\n{marker}",)


def test_a_line_that_only_looks_like_a_block_is_kept_whole_where_it_fits_and_ends_where_it_ends() -> None:
    line = "```aa bb" + "c" * 28 + "```"

    assert split(f"hi\n{line}", 40, utf16=False) == ("hi", line)
    assert split("```a`b c\nmore words", 12, utf16=False) == ("```a`b c", "more words")


@pytest.mark.parametrize(
    "text",
    ["``` a`b\nwords", "```\n~~~\nx\n```", "````\n```\nx\n````", "```\n``` py\nx\n```", "~~~ a`b\nx\n~~~~~"],
)
def test_what_opens_and_closes_a_block_is_known(text: str) -> None:
    assert split(text, 100, utf16=False) == (text,)


def test_a_block_without_a_language_is_opened_again_without_one() -> None:
    first, second = split("```\n" + "c" * 20 + "\n" + "d" * 20 + "\n```", 32, utf16=False)

    assert (first, second) == ("```\n" + "c" * 20 + "\n```", "```\n" + "d" * 20 + "\n```")


def test_a_block_is_known_by_a_line_of_up_to_a_quarter_of_the_limit() -> None:
    code = "c" * 20 + "\n" + "d" * 20

    assert split("```python7\n" + code, 40, utf16=False)[0].endswith("c\n```")
    assert split("```python78\n" + code, 40, utf16=False)[0].endswith("c")


def test_an_end_of_a_block_that_begins_a_message_has_a_beginning() -> None:
    messages = split("```\n" + "c" * 32 + "\n``````\nafter", 40, utf16=False)

    assert messages[0] == "```\n" + "c" * 32 + "\n```"
    assert not any(has_open_block(message) for message in messages)


def test_one_endless_character_is_cut_anyway_and_never_before_its_beginning() -> None:
    messages = split("  e" + "\u0301" * 70, 12, utf16=False)

    assert all(message.strip() for message in messages)
    assert "".join(messages) == "  e" + "\u0301" * 70


def test_a_language_of_wide_characters_is_counted_too() -> None:
    messages = split("```😀😀\n" + "x" * 100 + "\n```", 40, utf16=True)

    assert all(length(message, utf16=True) == 40 for message in messages[1:-1])


def test_the_end_of_a_block_that_nobody_closed_brings_its_own_line_end() -> None:
    assert split("```\n" + "c" * 32 + "\nx\n", 40, utf16=False) == ("```\n" + "c" * 32 + "\n```", "```\nx\n```")
