"""Changing one value of a file leaves everything else as it was written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.config import json5
from bot.config.edit import change, set_value
from bot.core.errors import ConfigError
from tests.bot.config.json5_texts import KEYS, objects_as_text

_PATHS = st.lists(KEYS, min_size=1, max_size=4).map(tuple)
_VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=4,
)


def _with(value: JsonValue, path: tuple[str, ...], new: JsonValue) -> JsonValue:
    """What the edit should mean, said on values instead of text."""
    if not path:
        return new
    inside = dict(value) if isinstance(value, dict) else {}
    inside[path[0]] = _with(inside.get(path[0]), path[1:], new)
    return inside


def _comments(text: str) -> list[str]:
    return re.findall(r"// note: \{ , \]|/\* , \} \*/|/\* a\n b \*/|// [xy]", text)


@given(objects_as_text(), _PATHS, _VALUES)
def test_the_edited_text_means_the_old_value_with_that_one_change(
    text: str, path: tuple[str, ...], value: JsonValue
) -> None:
    assert json5.parse(set_value(text, path, value)) == _with(json5.parse(text), path, value)


@given(objects_as_text(), KEYS, _VALUES)
def test_no_comment_is_lost_when_a_key_is_added(text: str, key: str, value: JsonValue) -> None:
    assert _comments(set_value(text, ("new", key), value)) == _comments(text)


def test_a_file_with_comments_keeps_its_layout() -> None:
    before = """// my bot
{
  agents: {
    defaults: {
      model: { primary: "openrouter/auto" }, // the router picks
    },
  },
  owners: ["telegram:1"], // me
}
"""
    changed = set_value(before, ("agents", "defaults", "model", "primary"), "openrouter/moonshotai/kimi-k2.6")
    assert changed == before.replace("openrouter/auto", "openrouter/moonshotai/kimi-k2.6")

    added = set_value(before, ("agents", "defaults", "models", "openrouter/a/b"), {})
    assert added == before.replace(
        "// the router picks\n",
        '// the router picks\n      models: {\n        "openrouter/a/b": {},\n      },\n',
    )


def test_a_comment_stays_with_the_member_it_explains_when_there_was_no_comma() -> None:
    assert set_value("{\n  a: 1 // one\n}", ("b",), 2) == "{\n  a: 1, // one\n  b: 2\n}"


def test_an_object_on_one_line_stays_on_one_line() -> None:
    assert set_value("{ a: { b: 1 } }", ("a", "c"), {"d": 2}) == "{ a: { b: 1, c: { d: 2 } } }"


def test_a_new_file_is_made_private_and_holds_the_change(tmp_path: Path) -> None:
    file = tmp_path / "voxline" / "voxline.json5"

    config = change(file, {("agents", "defaults", "model", "primary"): "openrouter/a/b"})

    assert config.agents.defaults.model.primary == "openrouter/a/b"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_change_that_would_break_the_file_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "voxline.json5"
    file.write_text("{ limits: { turnsAtOnce: 2 } } // keep\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="turnsAtOnce"):
        change(file, {("limits", "turnsAtOnce"): "many"})

    assert file.read_text(encoding="utf-8") == "{ limits: { turnsAtOnce: 2 } } // keep\n"


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json5", tmp_path / "voxline.json5"
    real.write_text("{}", encoding="utf-8")
    link.symlink_to(real)

    change(link, {("logging", "level"): "debug"})

    assert link.is_symlink()
    assert "debug" in real.read_text(encoding="utf-8")


def test_of_a_key_that_stands_twice_the_one_that_counts_is_changed() -> None:
    assert json5.parse(set_value("{ a: 1, a: 2 }", ("a",), 3)) == {"a": 3}
