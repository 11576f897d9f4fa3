"""The Fusion router: the note on its own panel in the system prompt, and nothing more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.openrouter.refs import is_fusion
from bot.openrouter.shaping.extra_body import extra_body
from bot.openrouter.shaping.shape import Body, Shape, with_messages

_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNITS = 256
_HEADING = "## Your Fusion panel"
_SENTENCE = "These fields of the Fusion plugin are active now; none of them is secret."


def note_fusion(body: Body, shape: Shape) -> Body:
    """The system prompt with a note on the configured panel, after everything that a cache may keep.

    A conversation without system prompt gets none. Source: OpenRouter docs, Fusion router.
    """
    note = fusion_note(shape.params) if is_fusion(shape.slug) else ""
    messages = list(body.get("messages") or [])
    system = messages[0] if messages else None
    if not note or not isinstance(system, dict) or system.get("role") != "system":
        return body
    content = system.get("content")
    if not isinstance(content, str) or content.endswith(note):
        return body
    return with_messages(body, [{**system, "content": f"{content}\n\n{note}".strip()}, *messages[1:]])


def fusion_note(params: Mapping[str, Any]) -> str:
    """The analysis models and the judge of the first Fusion plugin in the params, "" when neither is configured."""
    plugins = extra_body(params).get("plugins")
    entries = (item for item in plugins if isinstance(item, dict)) if isinstance(plugins, list) else iter(())
    plugin = next((item for item in entries if item.get("id") == "fusion"), {})
    if plugin.get("enabled") is False:
        return ""
    panel = plugin.get("analysis_models")
    models = [name for name in map(model_name, panel if isinstance(panel, list) else ()) if name]
    judge = model_name(plugin.get("model"))
    lines = [f"Analysis models: {', '.join(models)}"] if models else []
    lines += [f"Judge model, which writes the final answer: {judge}"] if judge else []
    return "\n".join((_HEADING, _SENTENCE, *lines)) if lines else ""


def model_name(value: object) -> str:
    """A model id on one line, 256 UTF-16 units at most, no character cut in half; "" for anything but text."""
    if not isinstance(value, str):
        return ""
    name = _HIDDEN.sub("", value).strip()
    return name.encode("utf-16-le", "surrogatepass")[: 2 * _UNITS].decode("utf-16-le", "ignore")
