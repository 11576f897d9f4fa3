"""The section `channels`: Telegram, Discord and the web page, their allowlists and rooms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, model_validator

from bot.config.providers import BaseUrl
from bot.config.secret import SecretField
from bot.config.section import AsWhole, Ids, Port, Schema, Section, matching
from bot.core.errors import ConfigError

DmPolicy = Literal["pairing", "allowlist", "open", "disabled"]

EVERYONE = "*"


def _policy(name: str) -> dict[str, JsonValue]:
    """The JSON Schema of a channel with this dmPolicy."""
    return {"required": ["dmPolicy"], "properties": {"dmPolicy": {"const": name}}}


class Room(Section):
    """A group or a channel of a server.

    `allow_from` None means the people who may talk in private; an empty list admits no person.
    """

    enabled: bool = True
    require_mention: bool = True
    allow_from: Ids | None = None
    system_prompt: str = ""


class Guild(Room):
    """A Discord server. `channels` None means all of its channels, by the server's own rules."""

    channels: Mapping[str, Room] | None = None


class _Private(Section):
    """Who may write in private. A missing or empty `allow_from` admits no person by itself.

    `allow_bots` lets other bots talk too, by the same rules as people; 20 messages a minute at most.
    `guests_in_groups`: people who were let in by pairing may talk in groups without an `allow_from` of their own too.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {
                    "if": _policy("open"),
                    "then": {"required": ["allowFrom"], "properties": {"allowFrom": {"contains": {"const": EVERYONE}}}},
                },
                {
                    "if": _policy("allowlist"),
                    "then": {"properties": {"allowFrom": {"not": {"contains": {"const": EVERYONE}}}}},
                },
            ]
        }
    )

    enabled: bool = True
    dm_policy: DmPolicy = "pairing"
    allow_from: Ids = ()
    allow_bots: bool = False
    guests_in_groups: bool = True

    @model_validator(mode="after")
    def _open_is_said_twice(self) -> Self:
        if self.dm_policy == "open" and EVERYONE not in self.allow_from:
            raise ValueError('dmPolicy "open" lets everybody in; add allowFrom: ["*"] beside it if you mean that')
        if self.dm_policy == "allowlist" and EVERYONE in self.allow_from:
            raise ValueError('"*" in allowFrom lets everybody in; set dmPolicy: "open" if you mean that')
        return self


def _https(url: str) -> str:
    if not url.startswith("https://"):
        raise ValueError("Telegram pushes to https addresses only; write it as https://host/path")
    return url


_ONLY_HTTPS = Schema(lambda schema: {"allOf": [schema, {"pattern": r"^\s*https://"}]})


class Webhook(Section):
    """Updates pushed by Telegram instead of polled. `url` as the world sees it; a proxy in front of 127.0.0.1:`port`
    speaks TLS. `path` is what the proxy asks for, when it is not that of `url`."""

    model_config = ConfigDict(json_schema_extra={"required": ["url", "port", "secret"]})

    url: Annotated[BaseUrl, AfterValidator(_https), _ONLY_HTTPS]
    port: Annotated[int, Field(ge=1, le=65535), AsWhole]
    secret: SecretField | None = None
    path: str | None = None

    @model_validator(mode="after")
    def _has_a_secret(self) -> Self:
        if self.secret is None:
            raise ValueError(
                "there is no secret, so anybody could speak as anybody; "
                'set secret to what `openssl rand -hex 32` prints, such as with {file: "telegram-webhook"}'
            )
        return self

    @property
    def asked_path(self) -> str:
        """The path of the requests that arrive."""
        return self.path or urlsplit(self.url).path or "/"


class Telegram(_Private):
    """A Telegram bot. `groups` by chat id, or "*" for every group; a group that is not listed is ignored."""

    bot_token: SecretField | None = None
    api_root: BaseUrl = "https://api.telegram.org"
    webhook: Webhook | None = None
    groups: Mapping[str, Room] = {}


class Discord(_Private):
    """A Discord bot. `guilds` by server id, or "*" for every server; a server that is not listed is ignored."""

    token: SecretField | None = None
    api_base: BaseUrl = "https://discord.com/api/v10"
    guilds: Mapping[str, Guild] = {}


def token_of(channel: Telegram | Discord, environ: Mapping[str, str]) -> str:
    """The bot's token: as configured, else TELEGRAM_BOT_TOKEN or DISCORD_BOT_TOKEN. Raises `ConfigError`."""
    match channel:
        case Telegram(bot_token=secret):
            path, name = "channels.telegram.botToken", "TELEGRAM_BOT_TOKEN"
        case Discord(token=secret):
            path, name = "channels.discord.token", "DISCORD_BOT_TOKEN"
    if secret is not None:
        return secret.reveal(environ, path=path)
    if token := environ.get(name, "").strip():
        return token
    raise ConfigError("there is no token", path=path, fix=f"Set it, or the environment variable {name}.")


class Web(Section):
    """The local page. It is open to this machine alone: `host` can only be 127.0.0.1.

    `enabled` None means: when no other channel is on.
    """

    enabled: bool | None = None
    host: Literal["127.0.0.1"] = "127.0.0.1"
    port: Port = 8765


class Channels(Section):
    telegram: Telegram | None = None
    discord: Discord | None = None
    web: Web = Web()

    @property
    def web_enabled(self) -> bool:
        """Whether the local page is served: as written, else when it is the only place to talk."""
        others = any(channel is not None and channel.enabled for channel in (self.telegram, self.discord))
        return not others if self.web.enabled is None else self.web.enabled


def _owner(text: str) -> str:
    channel, _, person = text.partition(":")
    if channel not in ("telegram", "discord", "web") or not person.strip():
        raise ValueError(f"{text!r} is not an owner; write channel:id, such as telegram:123456789")
    return text


Owner = Annotated[str, AfterValidator(_owner), matching(r"^(telegram|discord|web):[^\0]*\S")]
