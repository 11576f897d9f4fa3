"""What every section of the configuration file shares: camelCase in the file, frozen in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, JsonValue
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

Params = Mapping[str, JsonValue]
"""Free-form provider fields: forwarded as written, so nothing here is checked."""


@dataclass(frozen=True, slots=True)
class Schema:
    """An annotation: the JSON Schema of a value of which the reader takes more or less than its type says. `build`
    makes it from the type's own; a law holds both to each other."""

    build: Callable[[JsonSchemaValue], JsonSchemaValue]

    def __get_pydantic_json_schema__(self, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return self.build(handler(core_schema))


def matching(pattern: str) -> Schema:
    """A text that a pattern describes."""
    return Schema(lambda schema: {**schema, "pattern": pattern})


def or_text(schema: JsonSchemaValue) -> JsonSchemaValue:
    """A section that may also be written as a bare text."""
    return {"anyOf": [{"type": "string", "minLength": 1}, schema]}


def _whole(value: object) -> object:
    """JSON knows one kind of number: 5.0 is the whole number 5."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


AsWhole = BeforeValidator(_whole)
Port = Annotated[int, Field(ge=0, le=65535), AsWhole]
Milliseconds = Annotated[int, Field(gt=0), AsWhole]
Count = Annotated[int, Field(gt=0), AsWhole]
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
    value = _whole(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[
    str,
    BeforeValidator(_id_text),
    Field(min_length=1),
    Schema(lambda schema: {"anyOf": [schema, {"type": "integer"}]}),
]
Ids = Annotated[tuple[Id, ...], BeforeValidator(_tuple_from_list)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_tuple_from_list)]
AsTuple = BeforeValidator(_tuple_from_list)
