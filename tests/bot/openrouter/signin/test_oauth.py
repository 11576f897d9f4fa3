"""Signing in with the browser."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from openrouter.operations import ExchangeAuthCodeForAPIKeyRequestBody

from bot.openrouter.signin.exchange import IssuedKey, SignInFailed, exchange, exchange_error
from bot.openrouter.signin.oauth import Desk, Places, SignInAttempt, authorize_url, code_from, login
from tests.bot.openrouter.recording_server import RecordingServer, redirects, says, sends, stalls
from tests.bot.openrouter.sdk import assert_sdk_takes

KEYS = "POST /auth/keys"
STATE = "s" * 64
CALLBACK = "/openrouter-oauth/callback"


def test_an_attempt_has_fresh_secrets_that_are_never_shown() -> None:
    one, two = SignInAttempt(), SignInAttempt()

    digest = hashlib.sha256(one.verifier.encode()).digest()
    assert len(one.verifier) == 43
    assert one.challenge == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert len(bytes.fromhex(one.state)) == 32
    assert one.state == one.state.lower()
    assert (one.verifier, one.state) != (two.verifier, two.state)
    assert one.verifier not in repr(one)
    assert one.state not in repr(one)


def test_the_challenge_is_the_one_of_the_standard() -> None:
    # Source: RFC 7636, appendix B.
    attempt = SignInAttempt("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "")

    assert attempt.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_authorize_address_has_three_fields_in_order() -> None:
    attempt = SignInAttempt("v", STATE)

    url = authorize_url(attempt)

    assert url == (
        "https://openrouter.ai/auth?callback_url=http%3A%2F%2Flocalhost%3A3000%2Fopenrouter-oauth%2Fcallback%3F"
        f"state%3D{STATE}&code_challenge={attempt.challenge}&code_challenge_method=S256"
    )


@pytest.mark.parametrize(
    "pasted",
    [
        f"http://localhost:3000{CALLBACK}?state={STATE}&code=C",
        f"https://elsewhere.example/x?code=C&state={STATE}#top",
        f"localhost:3000{CALLBACK}?state={STATE}&code=C",
        f"state={STATE}&code=C",
        f"?code=C&state={STATE}",
        f"  http://localhost:3000{CALLBACK}?state={STATE[:30]}\n{STATE[30:]}&code=C \n",
        f"myapp:/cb?code=C&state={STATE}",
    ],
)
def test_the_code_is_found_in_whatever_was_pasted(pasted: str) -> None:
    assert code_from(pasted, STATE) == "C"


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "nothing was pasted"),
        (" \n", "nothing was pasted"),
        ("abc123", "full redirect URL"),
        (f"http://localhost:3000{CALLBACK}", "no code"),
        (f"http://localhost:3000{CALLBACK}?state={STATE}", "no code"),
        (f"?state={STATE}&code=", "no code"),
        (f"?state={STATE}&code=%20", "no code"),
        ("http://localhost:3000/?code=C", "no state"),
        ("?code=C&state=", "no state"),
        ("?code=C&state=other", "does not match"),
        (f"?code=C&state={STATE}ä", "does not match"),
        ("http://localhost:3000/?error=access_denied", "access_denied"),
    ],
)
def test_a_paste_that_does_not_do_says_what_is_missing(pasted: str, words: str) -> None:
    with pytest.raises(SignInFailed, match=words):
        code_from(pasted, STATE)


# --- the exchange ------------------------------------------------------------------------------


async def test_the_code_is_exchanged_without_any_key_of_ours(server: RecordingServer) -> None:
    server.on(KEYS, says({"key": " sk-or-v1-new ", "user_id": "user_7"}))

    issued = await exchange("C", "V", token_url=f"{server.base_url}/auth/keys")

    assert issued == IssuedKey("sk-or-v1-new", "user_7")
    assert "sk-or" not in repr(issued)
    assert (issued.display_name, issued.metadata) == (
        "OpenRouter user_7",
        {"authFlow": "oauth-pkce", "userId": "user_7"},
    )
    [seen] = server.seen
    assert seen.json == {"code": "C", "code_verifier": "V", "code_challenge_method": "S256"}
    assert (seen.headers["Content-Type"], seen.headers["Accept"]) == ("application/json", "application/json")
    assert not {"Authorization", "HTTP-Referer", "X-OpenRouter-Title", "Cookie"} & set(seen.headers)
    assert_sdk_takes(ExchangeAuthCodeForAPIKeyRequestBody, seen.json)


@pytest.mark.parametrize(
    ("body", "user"),
    [({"userId": "u"}, "u"), ({"user_id": None}, ""), ({"user_id": " ", "userId": "u"}, "u"), ({}, "")],
)
async def test_the_account_may_be_named_in_two_ways_or_not_at_all(
    server: RecordingServer, body: dict[str, Any], user: str
) -> None:
    server.on(KEYS, says({"key": "k", **body}))

    issued = await exchange("C", "V", token_url=f"{server.base_url}/auth/keys")

    assert issued.user_id == user
    assert issued.display_name == (f"OpenRouter {user}" if user else "OpenRouter OAuth")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (says({"error": {"message": "bad code"}}, status=400), r"key exchange failed \(400\): bad code"),
        (says({"error": "wrong verifier"}, status=403), r"key exchange failed \(403\): wrong verifier"),
        (sends(b" oops ", "text/plain", status=500), r"key exchange failed \(500\): oops"),
        (sends(b"", "text/plain", status=502), r"key exchange failed \(502\)$"),
        (redirects("https://evil.example/"), r"key exchange failed \(302\)"),
        (says(["x"]), "unexpected response"),
        (sends(b"<html>", "text/html"), "unexpected response"),
        (says({"key": " "}), "no API key"),
        (says({}), "no API key"),
        (stalls(), "no answer within 1 seconds"),
    ],
)
async def test_an_exchange_that_fails_says_why(server: RecordingServer, reply: Any, words: str) -> None:
    server.on(KEYS, reply)

    with pytest.raises(SignInFailed, match=words):
        await exchange("C", "V", token_url=f"{server.base_url}/auth/keys", seconds=1)

    assert len(server.seen) == 1


async def test_an_error_never_repeats_code_or_verifier(server: RecordingServer) -> None:
    server.on(KEYS, says({"message": "code my-code with my-verifier is unknown"}, status=403))

    with pytest.raises(SignInFailed) as caught:
        await exchange("my-code", "my-verifier", token_url=f"{server.base_url}/auth/keys")

    assert "my-code" not in str(caught.value)
    assert "my-verifier" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"message":"a","error_description":"b"}', "a"),
        (b'{"error_description":"b","error":"c"}', "b"),
        (b'{"error":"c"}', "c"),
        (b'{"error":{"message":"d","code":"e"}}', "d"),
        (b'{"error":{"code":"e"}}', "e"),
        (b'{"error":{"code":400}}', ""),
        (b" plain ", "plain"),
    ],
)
def test_the_detail_is_the_first_that_is_there(body: bytes, detail: str) -> None:
    assert exchange_error(body) == detail


# --- the whole sign-in -------------------------------------------------------------------------


class Person:
    """Sits at the desk: `browse` is what their browser asks our listener, `pastes` what they type."""

    def __init__(self, browse: Callable[[str, str], list[tuple[str, str]]] | None = None, *pastes: str) -> None:
        self.browse, self.pastes = browse, list(pastes)
        self.told: list[str] = []
        self.seen: list[tuple[int, str, str]] = []

    @property
    def desk(self) -> Desk:
        return Desk(self._open, self._ask, self.told.append)

    async def _open(self, url: str) -> bool:
        if self.browse is None:
            return False
        callback = dict(parse_qsl(urlsplit(url).query))["callback_url"]
        address = urlsplit(callback)
        async with aiohttp.ClientSession() as session:
            for method, target in self.browse(f"http://127.0.0.1:{address.port}", callback):
                async with session.request(method, target) as got:
                    self.seen.append((got.status, got.headers.get("Allow", ""), await got.text()))
        return True

    async def _ask(self, question: str) -> str:
        return self.pastes.pop(0)


def places(server: RecordingServer, **more: Any) -> Places:
    return Places(f"{server.origin}/auth", f"{server.base_url}/auth/keys", **{"port": 0, "wait_seconds": 5.0, **more})


async def test_the_browser_brings_the_code_home(server: RecordingServer) -> None:
    server.on(KEYS, says({"key": "k"}))
    person = Person(lambda _home, callback: [("GET", f"{callback.replace('localhost', '127.0.0.1')}&code=C")])
    attempt = SignInAttempt()

    issued = await login(person.desk, remote=False, places=places(server), attempt=attempt)

    assert issued.key == "k"
    assert server.seen[0].json == {"code": "C", "code_verifier": attempt.verifier, "code_challenge_method": "S256"}
    [(status, _, page)] = person.seen
    assert status == 200
    assert "Signed in" in page
    assert not any(attempt.verifier in line for line in person.told)


async def test_wrong_paths_methods_and_states_do_not_end_the_wait(server: RecordingServer) -> None:
    server.on(KEYS, says({"key": "k"}))

    def browse(home: str, callback: str) -> list[tuple[str, str]]:
        own = callback.replace("localhost", "127.0.0.1")
        return [
            ("GET", f"{home}/favicon.ico"),
            ("POST", f"{own}&code=C"),
            ("GET", f"{home}{CALLBACK}?code=C&state=foreign"),
            ("GET", f"{home}{CALLBACK}?code=C"),
            ("GET", f"{own}&code=C"),
        ]

    person = Person(browse)

    await login(person.desk, remote=False, places=places(server))

    assert [(status, allow) for status, allow, _ in person.seen] == [
        (404, ""),
        (405, "GET"),
        (400, ""),
        (400, ""),
        (200, ""),
    ]
    assert person.seen[2][2] == "invalid OAuth state"


async def test_a_visit_is_checked_in_order(server: RecordingServer) -> None:
    server.on(KEYS, says({"key": "k"}))
    attempt = SignInAttempt()

    def browse(home: str, _: str) -> list[tuple[str, str]]:
        return [
            ("POST", f"{home}/elsewhere?error=x"),
            ("POST", f"{home}{CALLBACK}?error=x"),
            ("GET", f"{home}{CALLBACK}?error=x"),
            ("GET", f"{home}{CALLBACK}?state=foreign"),
            ("GET", f"{home}{CALLBACK}?state=foreign&code=C"),
        ]

    person = Person(browse, f"?code=C&state={attempt.state}")

    await login(person.desk, remote=False, places=places(server), attempt=attempt)

    words = ["Not found", "Only GET", "OpenRouter said 'x'", "missing OAuth code", "invalid OAuth state"]
    assert [(status, text) for status, _, text in person.seen] == list(
        zip((404, 405, 400, 400, 400), words, strict=True)
    )


def test_the_wait_is_five_minutes() -> None:
    assert (Places().port, Places().wait_seconds) == (3000, 300.0)


@pytest.mark.parametrize(
    ("query", "answer", "words"),
    [("error=%3Cb%3Edenied", "denied", "denied"), ("", "missing OAuth code", "missing OAuth code")],
)
async def test_an_error_from_the_browser_leads_to_a_paste(
    server: RecordingServer, query: str, answer: str, words: str
) -> None:
    server.on(KEYS, says({"key": "k"}))
    attempt = SignInAttempt()
    person = Person(lambda home, _: [("GET", f"{home}{CALLBACK}?{query}")], f"?code=C&state={attempt.state}")

    issued = await login(person.desk, remote=False, places=places(server), attempt=attempt)

    assert issued.key == "k"
    [(status, _, text)] = person.seen
    assert status == 400
    assert answer in text
    assert any(words in line for line in person.told)


async def test_a_port_that_is_taken_leads_to_a_paste(server: RecordingServer) -> None:
    server.on(KEYS, says({"key": "k"}))
    attempt = SignInAttempt()
    person = Person(None, f"?code=C&state={attempt.state}")

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        issued = await login(person.desk, remote=False, places=places(server, port=port), attempt=attempt)

    assert issued.key == "k"
    address = authorize_url(attempt, auth_url=f"{server.origin}/auth", port=port)
    assert any(address in line for line in person.told)  # or there would be no address to paste


@pytest.mark.parametrize("error", [OSError("no browser"), webbrowser.Error("could not locate runnable browser")])
async def test_a_browser_that_cannot_be_opened_leaves_the_address_and_the_wait(
    server: RecordingServer, error: Exception
) -> None:
    server.on(KEYS, says({"key": "k"}))
    attempt = SignInAttempt()
    person = Person(None, f"?code=C&state={attempt.state}")

    async def fails(url: str) -> bool:
        raise error

    desk = replace(person.desk, open_browser=fails)
    issued = await login(desk, remote=False, places=places(server, wait_seconds=0.02), attempt=attempt)

    assert issued.key == "k"
    assert any("manually" in line for line in person.told)


async def test_without_a_browser_the_address_is_told_and_the_wait_ends_in_a_paste(server: RecordingServer) -> None:
    server.on(KEYS, says({"key": "k"}))
    attempt = SignInAttempt()
    person = Person(None, f"?code=C&state={attempt.state}")

    await login(person.desk, remote=False, places=places(server, wait_seconds=0.02), attempt=attempt)

    assert any("manually" in line for line in person.told)
    assert any("no sign-in arrived within 0.02 seconds" in line for line in person.told)


async def test_on_a_remote_host_nothing_listens_and_nothing_opens(server: RecordingServer) -> None:
    server.on(KEYS, says({"key": "k"}))
    attempt = SignInAttempt()
    person = Person(
        lambda *_: pytest.fail("a browser was opened"), "abc", "?code=C&state=no", f"?code=C&state={attempt.state}"
    )

    issued = await login(person.desk, remote=True, places=places(server), attempt=attempt)

    assert issued.key == "k"
    assert authorize_url(attempt, auth_url=f"{server.origin}/auth") in person.told[0]
    assert sum("That did not work" in line for line in person.told) == 2


async def test_three_wrong_pastes_end_the_sign_in(server: RecordingServer) -> None:
    person = Person(None, "a", "b", "c")

    with pytest.raises(SignInFailed, match=r"^OpenRouter OAuth failed: that is not an address") as caught:
        await login(person.desk, remote=True, places=places(server))

    assert isinstance(caught.value.__cause__, SignInFailed)
    assert server.seen == []


async def test_both_loopback_addresses_are_heard_and_no_other(server: RecordingServer) -> None:
    heard: list[str] = []

    def browse(home: str, callback: str) -> list[tuple[str, str]]:
        port = urlsplit(home).port
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.2")):
            with socket.socket(family) as probe:
                probe.settimeout(1)
                if probe.connect_ex((address, port)) == 0:
                    heard.append(address)
        return [("GET", f"{callback.replace('localhost', '127.0.0.1')}&code=C")]

    server.on(KEYS, says({"key": "k"}))

    await asyncio.wait_for(login(Person(browse).desk, remote=False, places=places(server)), 10)

    assert heard in (["127.0.0.1", "::1"], ["127.0.0.1"])
