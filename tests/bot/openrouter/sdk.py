"""The official SDK's request models, used as a second opinion on what we send."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def assert_sdk_takes(model: type[BaseModel], body: dict[str, Any], *, beyond: frozenset[str] = frozenset()) -> None:
    """The model validates `body`, and knows every field of it except those named in `beyond`."""
    parsed = model.model_validate(body)
    known = {field.alias or name for name, field in model.model_fields.items()}
    assert set(body) - known == beyond
    assert parsed is not None
