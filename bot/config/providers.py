"""The sections `models.providers.openrouter` and `auth`: where models are reached, and with which key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from bot.config.secret import SecretField
from bot.config.section import AsTuple, Count, Params, Section, Texts, matching


def _clean_url(url: str) -> str:
    """An http(s) address without user, query and fragment, so that no key can hide in it."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("is not an address; write it as https://host/path") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not an http(s) address; write it as https://host/path")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("may not carry a user name, a query or a fragment; write it as https://host/path")
    return url.rstrip("/")


_URL = r"^\s*https?://(\[[0-9a-fA-F:.]+\]|[^\s/?#@:\[\]]+)(:\d{0,5})?(/[^?#]*)?\s*$"
BaseUrl = Annotated[str, AfterValidator(_clean_url), matching(_URL)]


class AttributionSettings(Section):
    """How the program names itself to OpenRouter. None means the documented values."""

    referer: str | None = None
    title: str | None = None
    categories: str | None = None


class RequestSettings(Section):
    """`allow_private_network` lets a custom base URL lie in a private network."""

    allow_private_network: bool = False


class CatalogModel(Section):
    """A model that OpenRouter's catalog does not describe well. None means: as the catalog says."""

    id: str = Field(min_length=1)
    name: str = ""
    params: Params = Field(default_factory=dict)
    reasoning: bool | None = None
    input: Annotated[tuple[Literal["text", "image"], ...], AsTuple] | None = None
    context_window: Count | None = None
    max_tokens: Count | None = None


class OpenRouterProvider(Section):
    """The connection to OpenRouter. `auth: "api-key"` puts `api_key` before stored profiles."""

    api_key: SecretField | None = None
    base_url: BaseUrl | None = None
    auth: Literal["api-key", "oauth", "token"] | None = None
    params: Params = Field(default_factory=dict)
    headers: Mapping[str, str] = Field(default_factory=dict, repr=False)
    request: RequestSettings = RequestSettings()
    models: Annotated[tuple[CatalogModel, ...], AsTuple] = ()
    attribution: AttributionSettings = AttributionSettings()


class Providers(Section):
    openrouter: OpenRouterProvider = OpenRouterProvider()


class Models(Section):
    providers: Providers = Providers()


class AuthProfile(Section):
    """Names a stored profile. The key itself lies in the state directory, never here."""

    provider: str
    mode: Literal["api_key", "oauth", "token"] = "api_key"


class Auth(Section):
    """Which stored keys are tried, and in which order, by provider."""

    order: Mapping[str, Texts] = {}
    profiles: Mapping[str, AuthProfile] = {}
