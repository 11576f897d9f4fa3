"""PKCE sign-in, as a browser and a client walk through it."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.sandbox import Sandbox
from tests.bot.sandbox.conftest import said

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CALLBACK = "http://localhost:3000/openrouter-oauth/callback?state=abc"


async def approve(sandbox: Sandbox, session: aiohttp.ClientSession, answer: str = "approve") -> dict[str, list[str]]:
    """The query of the address that the browser is sent to after the button."""
    wish = {"callback_url": CALLBACK, "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    async with session.get(f"{sandbox.origin}/auth", params=wish) as response:
        page = await response.text()
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    form = {**fields, "answer": answer}
    async with session.post(f"{sandbox.origin}/auth", data=form, allow_redirects=False) as response:
        assert response.status == 303
        return parse_qs(urlsplit(response.headers["Location"]).query)


async def exchange(sandbox: Sandbox, session: aiohttp.ClientSession, **body: str) -> tuple[int, dict[str, str]]:
    async with session.post(f"{sandbox.base_url}/auth/keys", json=body) as response:
        return response.status, await response.json()


async def test_an_approved_sign_in_yields_a_key_that_works(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        query = await approve(sandbox, session)
        status, made = await exchange(
            sandbox, session, code=query["code"][0], code_verifier=VERIFIER, code_challenge_method="S256"
        )
        headers = {"Authorization": f"Bearer {made['key']}"}
        async with session.post(f"{sandbox.base_url}/chat/completions", json=said("hi"), headers=headers) as response:
            answered = response.status

    assert query["state"] == ["abc"]
    assert (status, answered) == (200, 200)
    assert made["key"].startswith("sk-or-")


async def test_a_denied_sign_in_comes_back_with_an_error(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        query = await approve(sandbox, session, "deny")

    assert query == {"state": ["abc"], "error": ["access_denied"]}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"code_verifier": "w" * 43}, 403),
        ({"code": "guessed"}, 403),
        ({"code_challenge_method": "plain"}, 400),
        ({"code_challenge_method": "S512"}, 400),
        ({"code": ""}, 400),
    ],
)
async def test_a_wrong_exchange_is_refused(sandbox: Sandbox, change: dict[str, str], status: int) -> None:
    async with aiohttp.ClientSession() as session:
        query = await approve(sandbox, session)
        body = {"code": query["code"][0], "code_verifier": VERIFIER, "code_challenge_method": "S256"}

        assert (await exchange(sandbox, session, **(body | change)))[0] == status


async def test_a_code_works_once(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        code = (await approve(sandbox, session))["code"][0]
        first = await exchange(sandbox, session, code=code, code_verifier=VERIFIER)
        second = await exchange(sandbox, session, code=code, code_verifier=VERIFIER)

    assert (first[0], second[0]) == (200, 403)


async def test_the_page_escapes_what_it_is_given_and_refuses_foreign_http(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        evil = {"callback_url": 'https://x.example/"><script>alert(1)</script>'}
        async with session.get(f"{sandbox.origin}/auth", params=evil) as response:
            page = await response.text()
        async with session.get(f"{sandbox.origin}/auth", params={"callback_url": "http://x.example/"}) as response:
            refused = response.status

    assert "<script>" not in page
    assert refused == 400
