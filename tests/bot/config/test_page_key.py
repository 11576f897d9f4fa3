"""The key of the local page stays, and stays private."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.page_key import FILE_NAME, new_page_key, page_key


def test_the_key_stays_until_a_new_one_is_made(tmp_path: Path) -> None:
    first = page_key(tmp_path / "state")
    assert page_key(tmp_path / "state") == first
    assert (tmp_path / "state" / FILE_NAME).stat().st_mode & 0o777 == 0o600

    second = new_page_key(tmp_path / "state")

    assert page_key(tmp_path / "state") == second != first


@pytest.mark.parametrize(("text", "mode"), [("", 0o600), ("short", 0o600), ("x y" * 20, 0o600), ("a" * 43, 0o644)])
def test_a_key_that_others_may_know_or_that_is_none_is_replaced(tmp_path: Path, text: str, mode: int) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    (tmp_path / FILE_NAME).chmod(mode)
    assert page_key(tmp_path) != text
