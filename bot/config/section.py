"""What every section of the configuration file shares: camelCase in the file, frozen in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

Params = Mapping[str, JsonValue]
"""Free-form provider fields: forwarded as written, so nothing here is checked."""

Milliseconds = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]
Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Section(BaseModel):
    """A part of the file. Unknown keys are errors, so that a typo never passes in silence."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        strict=True,
        hide_input_in_errors=True,
    )


def _tuple_from_list(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _id_text(value: object) -> object:
    """Chat ids are numbers on some platforms: both 123 and "123" are accepted."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, BeforeValidator(_id_text), Field(min_length=1)]
Ids = Annotated[tuple[Id, ...], BeforeValidator(_tuple_from_list)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_tuple_from_list)]
AsTuple = BeforeValidator(_tuple_from_list)
