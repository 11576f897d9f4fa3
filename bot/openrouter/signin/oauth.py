"""OAuth sign-in (PKCE) to OpenRouter in the browser, which ends with an API key.

Source: OpenRouter docs, OAuth PKCE.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
import webbrowser
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from bot.core.errors import VoxlineError
from bot.net.proxy import ProxyRules
from bot.openrouter.signin.exchange import TOKEN_URL, IssuedKey, SignInFailed, exchange
from bot.openrouter.signin.listener import CALLBACK_PATH, PORT, CallbackListener

log = logging.getLogger(__name__)

AUTH_URL = "https://openrouter.ai/auth"
WAIT_SECONDS = 300.0
_PASTES = 3
_LONGEST = 8192
_QUESTION = (
    "The last page will not load; that is expected. Copy its address from the address bar.\n"
    "Paste the whole address of the page you ended on (it begins with http://localhost): "
)


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """The secrets of one sign-in: `verifier` proves that we began it, `state` that the answer belongs to it."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    state: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)

    @property
    def challenge(self) -> str:
        """The verifier's SHA-256 in unpadded base64url (method S256, RFC 7636)."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


@dataclass(frozen=True, slots=True)
class Desk:
    """The terminal (or page) of the person who signs in. `open_browser` returns whether a browser opened, and may raise
    `OSError` or `webbrowser.Error` when none can; `ask` shows a question and returns the answer, and raises `EOFError`
    without a terminal to type at; `tell` shows one line."""

    open_browser: Callable[[str], Awaitable[bool]]
    ask: Callable[[str], Awaitable[str]]
    tell: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Places:
    """Whom the sign-in talks to. `port` 0 takes a free one; OpenRouter has always accepted 3000."""

    auth_url: str = AUTH_URL
    token_url: str = TOKEN_URL
    port: int = PORT
    wait_seconds: float = WAIT_SECONDS
    proxies: ProxyRules = field(default_factory=ProxyRules)


async def login(
    desk: Desk, *, remote: bool, places: Places | None = None, attempt: SignInAttempt | None = None
) -> IssuedKey:
    """The key that OpenRouter issues once the person has signed in.

    `remote` means that the browser runs on another machine: the person pastes the address it ended on. They
    are asked for it as well when the listener here cannot hear the browser. Raises `SignInFailed`.
    """
    places, attempt = places or Places(), attempt or SignInAttempt()
    try:
        code = await (_pasted(desk, places, attempt) if remote else _heard(desk, places, attempt))
        return await exchange(code, attempt.verifier, token_url=places.token_url, proxies=places.proxies)
    except VoxlineError as error:
        raise SignInFailed(f"OpenRouter OAuth failed: {error}") from error


def authorize_url(attempt: SignInAttempt, *, auth_url: str = AUTH_URL, port: int = PORT) -> str:
    """Where the person signs in. The state travels inside the callback address: the flow has no field for it."""
    query = {
        "callback_url": f"http://localhost:{port}{CALLBACK_PATH}?state={attempt.state}",
        "code_challenge": attempt.challenge,
        "code_challenge_method": "S256",
    }
    return f"{auth_url}?{urlencode(query)}"


def code_from(pasted: str, state: str) -> str:
    """The code in an address, or in its query alone, that belongs to `state`.

    Raises `SignInFailed` with what is missing.
    """
    text = "".join(pasted.split())
    if not text:
        raise SignInFailed("nothing was pasted")
    query = text.partition("#")[0]
    query = query.partition("?")[2] if "?" in query else query
    query_fields: dict[str, str] = {}
    for name, value in parse_qsl(query[:_LONGEST], keep_blank_values=True, errors="replace"):
        query_fields.setdefault(name, value.strip())
    code = query_fields.get("code", "")
    if not code and query_fields.get("error"):
        raise SignInFailed(f"OpenRouter said {query_fields['error'][:100]!r}")
    if not code and "=" not in text and "/" not in text:
        raise SignInFailed("that is not an address. Paste the full redirect URL, with state= in it")
    if not code:
        raise SignInFailed("the address has no code in it")
    if not query_fields.get("state"):
        raise SignInFailed("the address has no state in it")
    if not same_state(query_fields["state"], state):
        raise SignInFailed("the state does not match this sign-in. Start the login again")
    return code


def same_state(returned: str, state: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(returned.encode("utf-8", "replace"), state.encode())


async def _heard(desk: Desk, places: Places, attempt: SignInAttempt) -> str:
    """The code as the browser brings it to the listener, which stands before the browser opens."""
    is_shown = False
    try:
        async with CallbackListener(lambda returned: same_state(returned, attempt.state), port=places.port) as listener:
            is_shown = True
            await _show(desk, authorize_url(attempt, auth_url=places.auth_url, port=listener.port))
            return await listener.code(places.wait_seconds)
    except SignInFailed as error:
        log.info("signin.listener_failed", extra={"kind": type(error).__name__})
        desk.tell(f"The browser's answer did not arrive here: {error}.")
        if not is_shown:  # the address that the browser ends on is to be pasted, so it has to be opened all the same
            await _show(desk, authorize_url(attempt, auth_url=places.auth_url, port=places.port or PORT))
        return await _ask(desk, attempt)


async def _show(desk: Desk, url: str) -> None:
    """Prints the address and opens it. A browser that does not open leaves the person the address."""
    desk.tell(f"Sign in to OpenRouter in the browser: {url}")
    try:
        is_open = await desk.open_browser(url)
    except (OSError, webbrowser.Error) as error:
        log.info("signin.no_browser", extra={"kind": type(error).__name__})
        is_open = False
    if not is_open:
        desk.tell("I could not open a browser. Please open the address above manually.")


async def _pasted(desk: Desk, places: Places, attempt: SignInAttempt) -> str:
    url = authorize_url(attempt, auth_url=places.auth_url, port=places.port or PORT)
    desk.tell(f"Open this address in a browser and sign in: {url}")
    return await _ask(desk, attempt)


async def _ask(desk: Desk, attempt: SignInAttempt) -> str:
    """Asks until the paste is right, three times at most."""
    for left in reversed(range(_PASTES)):
        try:
            return code_from(await desk.ask(_QUESTION), attempt.state)
        except SignInFailed as error:
            if not left:
                raise
            desk.tell(f"That did not work: {error}.")
    raise AssertionError("unreachable")
