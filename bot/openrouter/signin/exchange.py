"""OAuth code exchange, the last step of the sign-in: a one-time code becomes an API key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.core.errors import VoxlineError
from bot.net.proxy import ProxyRules
from bot.openrouter.http.failure import shown

TOKEN_URL = "https://openrouter.ai/api/v1/auth/keys"
_SECONDS = 30.0
_ERROR_BYTES = 8 * 1024
_SUCCESS_BYTES = 16 * 1024 * 1024


class SignInFailed(VoxlineError):
    """No key was issued. The message says why, and never holds code, verifier or key."""

    tell = "Signing in to OpenRouter did not work."


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """An API key, with the account it belongs to ("" when OpenRouter did not say)."""

    key: str = field(repr=False)
    user_id: str = ""

    @property
    def display_name(self) -> str:
        """How the stored key is listed."""
        return f"OpenRouter {self.user_id}" if self.user_id else "OpenRouter OAuth"

    @property
    def metadata(self) -> dict[str, str]:
        """What is stored beside the key."""
        return {"authFlow": "oauth-pkce"} | ({"userId": self.user_id} if self.user_id else {})


async def exchange(
    code: str,
    verifier: str,
    *,
    token_url: str = TOKEN_URL,
    seconds: float = _SECONDS,
    proxies: ProxyRules | None = None,
) -> IssuedKey:
    """The key for a code. Asks once, without any key of ours, and follows no redirect. Raises `SignInFailed`.

    Source: OpenRouter docs, OAuth PKCE.
    """
    body = {"code": code, "code_verifier": verifier, "code_challenge_method": "S256"}
    headers = {"Accept": "application/json"}
    proxy = proxies.proxy_for(token_url) if proxies else None
    try:
        async with (
            asyncio.timeout(seconds),
            aiohttp.ClientSession(trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.post(token_url, json=body, headers=headers, allow_redirects=False, proxy=proxy) as got,
        ):
            data = await _read(got, _SUCCESS_BYTES if got.status < 300 else _ERROR_BYTES)
            status = got.status
    except TimeoutError as error:
        raise SignInFailed(f"key exchange failed: no answer within {seconds:g} seconds") from error
    except (aiohttp.ClientError, OSError) as error:
        raise SignInFailed(f"key exchange failed: {type(error).__name__}") from error
    if status >= 300:
        detail = _without(exchange_error(data[:_ERROR_BYTES]), code, verifier)
        raise SignInFailed(f"key exchange failed ({status})" + (f": {detail}" if detail else ""))
    if len(data) > _SUCCESS_BYTES:
        raise SignInFailed(f"key exchange failed: the answer is larger than {_SUCCESS_BYTES} bytes")
    return issued_key(data)


def issued_key(data: bytes) -> IssuedKey:
    """The key in a successful answer. Raises `SignInFailed` when there is none."""
    body = _object(data)
    if body is None:
        raise SignInFailed("key exchange failed: unexpected response")
    key = body.get("key")
    if not isinstance(key, str) or not key.strip():
        raise SignInFailed("key exchange failed: no API key in the response")
    users = (body.get("user_id"), body.get("userId"))
    user = next((user.strip() for user in users if isinstance(user, str) and user.strip()), "")
    return IssuedKey(key.strip(), user)


def exchange_error(data: bytes) -> str:
    """What a refusal says: message, error_description, error, error.message or error.code; else all of it."""
    body = _object(data)
    if body is None:
        return data.decode("utf-8", "replace").strip()
    error = body.get("error")
    inner: Mapping[str, Any] = error if isinstance(error, dict) else {}
    places = (body.get("message"), body.get("error_description"), error, inner.get("message"), inner.get("code"))
    return next((text.strip() for text in places if isinstance(text, str) and text.strip()), "")


async def _read(got: aiohttp.ClientResponse, cap_bytes: int) -> bytes:
    """The body, at most one byte more than the cap."""
    pieces = bytearray()
    async for chunk in got.content.iter_any():
        pieces += chunk
        if len(pieces) > cap_bytes:
            break
    return bytes(pieces[: cap_bytes + 1])


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _without(text: str, *private: str) -> str:
    for word in private:
        text = text.replace(word, "***")
    return shown(text)
