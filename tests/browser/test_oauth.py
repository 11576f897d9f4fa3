"""Signing in with a real browser on a real page: approve, deny, and the address pasted from another machine."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page

from bot.openrouter.signin.exchange import IssuedKey, SignInFailed
from bot.openrouter.signin.oauth import Desk, Places, login
from bot.sandbox import Sandbox
from bot.sandbox.state import RecordedRequest
from tests.browser.conftest import PATIENCE_MILLISECONDS

pytestmark = pytest.mark.browser


@dataclass
class SignIn:
    """One sign-in against the sandbox, in a loop of its own beside the browser's. `shown` gets the page's address,
    `pastes` what the person answers."""

    remote: bool = False
    shown: queue.Queue[str] = field(default_factory=queue.Queue)
    pastes: queue.Queue[str] = field(default_factory=queue.Queue)
    told: list[str] = field(default_factory=list)
    exchanges: list[RecordedRequest] = field(default_factory=list)

    def run(self, browse: Callable[[str], None]) -> IssuedKey:
        """The key; `browse` is called here with the page's address."""
        with ThreadPoolExecutor(1) as thread:
            result = thread.submit(asyncio.run, self._login())
            browse(self.shown.get(timeout=20))
            return result.result(timeout=30)

    async def _login(self) -> IssuedKey:
        async with Sandbox() as sandbox:
            places = Places(f"{sandbox.origin}/auth", f"{sandbox.base_url}/auth/keys", port=0, wait_seconds=20)
            try:
                return await login(Desk(self._open, self._ask, self._tell), remote=self.remote, places=places)
            finally:
                self.exchanges += sandbox.asked("/auth/keys")

    async def _open(self, url: str) -> bool:
        return True

    async def _ask(self, question: str) -> str:
        return await asyncio.to_thread(self.pastes.get, timeout=20)

    def _tell(self, text: str) -> None:
        self.told.append(text)
        if "callback_url=" in text:
            self.shown.put(text[text.index("http") :])


@pytest.fixture
def window(browser: Browser) -> Page:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    return page


def press(page: Page, url: str, button: str) -> None:
    page.goto(url)
    page.get_by_role("button", name=button).click(no_wait_after=True)


def test_pressing_approve_brings_a_key_that_is_never_shown(window: Page) -> None:
    signing = SignIn()

    issued = signing.run(lambda url: press(window, url, "Approve"))

    assert issued.key.startswith("sk-or-v1-")
    assert issued.key not in repr(issued)
    (exchange,) = signing.exchanges
    assert exchange.body["code_challenge_method"] == "S256"


def test_on_another_machine_the_pasted_address_brings_the_key(window: Page) -> None:
    signing = SignIn(remote=True)

    def browse(url: str) -> None:
        """Nothing listens there: the browser ends on a page that cannot be shown, at the address to paste."""
        with window.expect_request(lambda seen: seen.url.startswith("http://localhost:")) as ended:
            press(window, url, "Approve")
        signing.pastes.put(ended.value.url)

    assert signing.run(browse).key.startswith("sk-or-v1-")


def test_pressing_deny_leads_to_a_paste_that_ends_the_sign_in(window: Page) -> None:
    signing = SignIn()
    for _ in range(3):
        signing.pastes.put("")

    with pytest.raises(SignInFailed):
        signing.run(lambda url: press(window, url, "Deny"))

    assert any("access_denied" in text for text in signing.told)
    assert signing.exchanges == []


@pytest.mark.parametrize(
    ("pasted", "why"),
    [
        ("", "nothing was pasted"),
        ("just-a-code", "Paste the full redirect URL"),
        ("http://localhost:3000/openrouter-oauth/callback?state=x", "no code"),
        ("http://localhost:3000/openrouter-oauth/callback?code=x", "no state"),
        ("http://localhost:3000/openrouter-oauth/callback?code=x&state=wrong", "state does not match"),
        ("http://localhost:3000/openrouter-oauth/callback?error=access_denied&state=x", "access_denied"),
    ],
)
def test_each_wrong_paste_says_why_and_asks_again(pasted: str, why: str) -> None:
    signing = SignIn(remote=True)
    for _ in range(3):
        signing.pastes.put(pasted)

    with pytest.raises(SignInFailed, match=why):
        signing.run(lambda url: None)

    assert sum(why in text for text in signing.told) == 2
    assert signing.exchanges == []
