"""The JSON Schema for editors and the reader of the file agree: over every documented example and over mistakes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bot.config import json5
from bot.config.load import check
from bot.config.model import json_schema

ROOT = Path(__file__).resolve().parents[3]
PAGES = (ROOT / "README.md", ROOT / "docs" / "configuration.md", ROOT / "systemd" / "README.md")
EXAMPLES = [
    text for page in PAGES for text in re.findall(r"```json5\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
]
SCHEMA = Draft202012Validator(json_schema())

# Every shape that the reader takes, so that mistakes are made in all of them.
WHOLE = """{
  env: { A: "b", vars: { C: "d" }, shellEnv: { enabled: true, timeoutMs: 5 } },
  agents: {
    defaults: {
      model: "openrouter/auto", imageGenerationModel: { primary: "a/b", timeoutMs: 9 }, userTimezone: "Europe/Berlin",
      mediaModels: { video: "a/b" }, mediaLocalRoots: ["~/pictures", "/srv"], thinkingDefault: "low", mediaMaxMb: 3,
      models: { "a/b": { alias: "x", params: { top: [1] } } },
    },
    list: [{ id: "main", default: true, model: "a/b" }],
  },
  tts: { auto: "off", maxTextLength: 10, providers: { openrouter: { responseFormat: " MP3 ", speed: 1 } } },
  tools: { media: { audio: { models: [{ temperature: 0.5, maxBytes: 7 }], scope: { rules: [{ action: "deny" }] } } } },
  models: { providers: { openrouter: { apiKey: { file: "k" }, baseUrl: "http://x:1/v1", models: [{ id: "m" }] } } },
  auth: { order: { openrouter: ["a"] } },
  channels: {
    telegram: {
      botToken: "${T}", dmPolicy: "open", allowFrom: ["*", 7], groups: { "-1": { allowFrom: [1] } },
      webhook: { url: "https://h/p", port: 8443, secret: { source: "env", id: "S", provider: "default" } },
    },
    discord: { token: { source: "env", id: "D" }, dmPolicy: "allowlist", guilds: { "*": { channels: { "1": {} } } } },
    web: { port: 0, host: "127.0.0.1" },
  },
  owners: ["telegram:1"],
  limits: { dollarsPerDay: 0.5, messagesPerMinute: null, turnsAtOnce: 2 },
  network: { proxy: "http://p:1" },
  health: { port: 1, crashesBeforeHold: 0 },
}"""
VALUES: list[Any] = [None, True, 0, 1, -1, 2.5, 5.0, 70_000, "", " ", "x", "*", "open", "allowlist", "off", "http://h"]
VALUES += ["https://h", "ftp://h", "https://a:b@h", "https://h?q", "http://h:port", "telegram:1", "telegram:", "${A}"]
VALUES += [[], ["*"], [1], [None], {}, {"file": "x"}, {"value": "x"}, {"source": "env", "id": "9"}, {"unknown": 1}]
VALUES += ["Europe/Berlin", "Mars/Base", "mp3", "~", "~x", "relative", {"auto": "off"}, {"primary": ""}, ["telegram:1"]]


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*path, key)
        yield from places(part, (*path, key))


def mistaken(value: Any, path: tuple[str | int, ...], kind: str, put: Any) -> Any:
    """The value with one mistake at the place."""
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    last = path[-1]
    if kind == "replace":
        holder[last] = put
    elif kind == "remove":
        del holder[last]
    elif isinstance(holder, dict):
        holder[f"{last}x"] = holder.pop(last)
    else:
        holder.append(put)
    return value


def agree(value: Any) -> None:
    complaints = [f"{list(error.absolute_path)}: {error.message[:200]}" for error in SCHEMA.iter_errors(value)]
    mistakes, _ = check(json.dumps(value))
    assert bool(complaints) == bool(mistakes), (value, complaints, [str(mistake) for mistake in mistakes])


@pytest.mark.parametrize("example", [*EXAMPLES, WHOLE])
def test_every_documented_example_is_good_by_both(example: str) -> None:
    agree(json5.parse(example))
    assert SCHEMA.is_valid(json5.parse(example))


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_a_mistake_is_one_by_both(data: st.DataObject) -> None:
    value = json5.parse(data.draw(st.sampled_from([*EXAMPLES, WHOLE, WHOLE, WHOLE])))
    place = data.draw(st.sampled_from(list(places(value))))
    agree(
        mistaken(
            value, place, data.draw(st.sampled_from(["replace", "remove", "more"])), data.draw(st.sampled_from(VALUES))
        )
    )


def test_the_schema_names_its_draft_and_is_one() -> None:
    Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
