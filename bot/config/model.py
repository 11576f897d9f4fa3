"""The whole configuration file as frozen values. Every field has a working default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from bot.config.agents import Agents
from bot.config.channels import Channels, Owner
from bot.config.network import Network
from bot.config.operations import HealthSettings, StoreSettings
from bot.config.providers import Auth, Models
from bot.config.section import AsTuple, Count, Dollars, Milliseconds, Section
from bot.config.speech import Messages, Tools, Tts


class ShellEnv(Section):
    """Whether the login shell is asked for variables that are set nowhere else, and how long it may take."""

    enabled: bool = False
    timeout_ms: Milliseconds = 15_000


class Env(Section):
    """Variables for this process: strings at the top, or under `vars`. What is already set wins."""

    model_config = ConfigDict(extra="allow")

    __pydantic_extra__: dict[str, str] = Field(init=False)
    vars: Mapping[str, str] = Field(default_factory=dict)
    shell_env: ShellEnv = ShellEnv()

    @property
    def all(self) -> dict[str, str]:
        """Every variable; a name at the top wins over the same name under `vars`."""
        return {**self.vars, **(self.__pydantic_extra__ or {})}

    def __repr__(self) -> str:
        return f"Env({', '.join(sorted(self.all))})"

    __str__ = __repr__


class Limits(Section):
    """What people may use. None means no limit.

    Dollars are counted as the provider bills them, by days and months of `agents.defaults.userTimezone`.
    """

    dollars_per_day: Dollars | None = None
    dollars_per_person_per_day: Dollars | None = None
    dollars_per_month: Dollars | None = None
    dollars_per_person_per_month: Dollars | None = None
    messages_per_minute: Count | None = 20
    turns_at_once: Count = 64


class MediaSettings(Section):
    """`ffmpeg_path` "" means the ffmpeg that comes with the program."""

    ffmpeg_path: str = ""


class Privacy(Section):
    """`zdr`: only providers that keep nothing of a request (zero data retention) may answer."""

    zdr: bool = False


class Logging(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"


_SET: JsonDict = {"type": "object"}  # not null


class Config(Section):
    """The configuration. `schema_` is an editor's hint, which the program ignores."""

    model_config = ConfigDict(
        json_schema_extra={
            "not": {
                "required": ["tts", "messages"],
                "properties": {"tts": _SET, "messages": {"required": ["tts"], "properties": {"tts": _SET}}},
            }
        }
    )

    schema_: str = Field(default="", alias="$schema")
    env: Env = Env()
    agents: Agents = Agents()
    messages: Messages = Messages()
    tts: Tts | None = None
    tools: Tools = Tools()
    models: Models = Models()
    auth: Auth = Auth()
    channels: Channels = Channels()
    owners: Annotated[tuple[Owner, ...], AsTuple] = ()
    limits: Limits = Limits()
    media: MediaSettings = MediaSettings()
    logging: Logging = Logging()
    network: Network = Network()
    privacy: Privacy = Privacy()
    health: HealthSettings = HealthSettings()
    store: StoreSettings = StoreSettings()

    @model_validator(mode="after")
    def _speech_is_said_once(self) -> Self:
        if self.tts and self.messages.tts:
            raise ValueError("both tts and messages.tts are set; keep one of them")
        return self

    @property
    def speech(self) -> Tts:
        """How replies are spoken, from either of the two places."""
        return self.messages.tts or self.tts or Tts()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors: it takes what the reader takes. Source: JSON Schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(by_alias=True),
        "title": "Voxline's configuration",
    }
