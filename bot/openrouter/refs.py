"""Model references: from what people write to the slug OpenRouter knows, and which family a slug belongs to."""

from __future__ import annotations

import re

from bot.core.errors import ConfigError

PROVIDER = "openrouter"
AUTO = "openrouter/auto"
FUSION = "openrouter/fusion"

_DEEPSEEK_V4 = re.compile(r"deepseek/deepseek-v4-(flash|pro)(-\d{4,8})?(:[^/]*)?")
_SHORT_DEEPSEEK = frozenset({"deepseek-v4-flash", "deepseek-v4-pro"})
_MISTRAL = (
    "mistralai/",
    "mistral/",
    "mistral-",
    "codestral-",
    "devstral-",
    "ministral-",
    "mixtral-",
    "pixtral-",
    "voxtral-",
)


def split_ref(text: str) -> tuple[str, str] | None:
    """Provider (lower case) and model of a reference, or None when it names no provider.

    `openrouter:auto` is an old spelling of `openrouter/auto`.
    """
    text = text.strip()
    if text.lower() == "openrouter:auto":
        return PROVIDER, "auto"
    provider, slash, model = text.partition("/")
    provider, model = provider.strip().lower(), model.strip()
    return (provider, model) if slash and provider and model else None


def slug_of(ref: str) -> str:
    """The slug to send for a reference such as openrouter/auto or openrouter/vendor/model.

    A slug without the provider in front (vendor/model) is taken as it is.
    Raises `ConfigError` when `ref` is not a reference.
    """
    parts = split_ref(ref)
    if parts is None or any(character.isspace() for character in ref.strip()):
        raise ConfigError(f"{ref!r} is not a model reference", fix="Write it as openrouter/<vendor>/<model>.")
    provider, model = parts
    if provider != PROVIDER:
        return upstream_slug(f"{provider}/{model}")
    return upstream_slug(model if "/" in model else f"{PROVIDER}/{model}")


def upstream_slug(model: str) -> str:
    """A model id as the API takes it: lower case, `openrouter/` in front only of OpenRouter's own models."""
    model = model.strip().lower()
    if not model.startswith(f"{PROVIDER}/"):
        return model
    rest = model.removeprefix(f"{PROVIDER}/")
    if rest in _SHORT_DEEPSEEK:
        return f"deepseek/{rest}"
    return rest if "/" in rest else model


def ref_of(slug: str) -> str:
    """The reference under which configuration and people name a slug."""
    return slug if slug == AUTO else f"{PROVIDER}/{slug}"


def vendor(slug: str) -> str:
    """The part before the slash; a leading ~ marks "the latest of" and does not count."""
    return slug.removeprefix("~").partition("/")[0]


def is_anthropic(slug: str) -> bool:
    """Whether the slug names an Anthropic model."""
    return vendor(slug) == "anthropic"


def is_gemini(slug: str) -> bool:
    """Whether the slug names a Gemini model of any vendor."""
    return "gemini" in slug.lower()


def is_deepseek_v4(slug: str) -> bool:
    """DeepSeek V4 flash and pro, dated and with a variant such as :free."""
    return _DEEPSEEK_V4.fullmatch(slug.removeprefix("~")) is not None


def is_mistral(slug: str) -> bool:
    """Whether the slug names a Mistral model, under any of its vendor names."""
    return slug.removeprefix("~").startswith(_MISTRAL)


def is_fusion(slug: str) -> bool:
    """Whether the slug names the Fusion router."""
    return slug == FUSION


def skips_thinking(slug: str) -> bool:
    """Routes that get no reasoning: auto, the vendor x-ai, and the retired Hunter Alpha."""
    return slug == AUTO or vendor(slug) == "x-ai" or slug.partition(":")[0] == "openrouter/hunter-alpha"


def drops_replayed_thinking(slug: str) -> bool:
    """Vendors that refuse thinking replayed to them from another route."""
    return vendor(slug) in ("anthropic", "x-ai")
