import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.media.names import LONGEST, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("Übung 3.pdf", "Übung 3.pdf"),
        ("U\u0308bung.pdf", "Übung.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\x.dll", "x.dll"),
        ("a\0b\r\nc.txt", "abc.txt"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("zero\u200bwidth.md", "zerowidth.md"),
        ('what?<is>:"this"|*.md', "what__is___this___.md"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("CON.txt", "file"),
        ("..", "file"),
        ("", "file"),
        ("x" * 300 + ".tar", "x" * 76 + ".tar"),
    ],
)
def test_a_name_from_outside_is_only_text(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=200))
@example("a." + "b" * 300)
@example("x" * 79 + " .md")
def test_every_name_is_short_printable_and_has_no_folder(name: str) -> None:
    safe = safe_name(name)

    assert 0 < len(safe) <= LONGEST
    assert safe.isprintable()
    assert not set(safe) & set("/\\\0\r\n")
    assert safe not in (".", "..")
    assert safe_name(safe) == safe
