"""No setting is accepted and then ignored: every field of the configuration is read somewhere."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from bot.config.model import Config

ROOT = Path(__file__).resolve().parents[2]
MEANS_NOTHING = {
    ("Config", "schema_"): "an editor's hint",
    ("AuthProfile", "mode"): "told by the stored key itself; written in files brought over from OpenClaw",
    ("Agent", "id"): "names the agent for people who read the file",
}


def sections(kind: Any, found: dict[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """Every part of the configuration, by name."""
    if inspect.isclass(kind) and get_origin(kind) is None and issubclass(kind, BaseModel):
        if kind.__name__ not in found:
            found[kind.__name__] = kind
            for field in kind.model_fields.values():
                sections(field.annotation, found)
        return found
    for inner in get_args(kind):
        sections(inner, found)
    return found


def reads() -> set[str]:
    """The attributes that are read in modules that know the configuration."""
    found: set[str] = set()
    for path in [*ROOT.glob("bot/**/*.py"), *ROOT.glob("channels/**/*.py")]:
        text = path.read_text(encoding="utf-8")
        if "bot.config" in text or "config" in path.parent.name:
            found |= set(attributes(ast.parse(text)))
    return found


def attributes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr
        if isinstance(node, ast.MatchClass):
            yield from node.kwd_attrs


def has_a_choice(annotation: Any) -> bool:
    """Whether more than one value can be written at all."""
    return not (get_origin(annotation) is Literal and len(get_args(annotation)) == 1)


def test_every_field_of_the_configuration_is_read_somewhere() -> None:
    read = reads()
    ignored = [
        f"{name}.{field}"
        for name, section in sorted(sections(Config, {}).items())
        for field, told in section.model_fields.items()
        if field not in read and has_a_choice(told.annotation) and (name, field) not in MEANS_NOTHING
    ]

    assert ignored == [], "accepted in the file and read nowhere: wire them, or delete the fields"


def test_the_law_sees_every_section_and_notices_a_field_that_nobody_reads() -> None:
    known = sections(Config, {})
    assert {"Config", "Telegram", "Guild", "Tts", "OpenRouterSpeech", "AudioModel", "ModelEntry", "Limits"} <= set(
        known
    )
    assert "a_setting_that_nobody_reads" not in reads()
