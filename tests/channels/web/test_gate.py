"""Who may reach the page, and with what headers it answers."""

from __future__ import annotations

import pytest
from yarl import URL

from bot.core.errors import ChannelDown
from bot.store import SqliteStore
from channels.web.adapter import WebChannel
from channels.web.gate import HEADERS
from channels.web.settings import WebSettings
from tests.channels.web.conftest import Desk
from tests.fakes.clock import FakeClock


@pytest.mark.parametrize(
    "path", ["/", "/page/app.js", "/api/chats", "/api/entries?chat=c1", "/api/events", "/media/00"]
)
async def test_without_the_key_every_door_is_locked(stranger: Desk, path: str) -> None:
    status, body = await stranger.get(path)

    assert status == 401
    assert "Open the address" in body


async def test_a_message_without_the_key_is_not_accepted(stranger: Desk) -> None:
    status, _ = await stranger.say("m1", "hello")

    assert status == 401
    assert stranger.accepted == []


async def test_the_address_opens_the_page_and_leaves_no_key_in_it(stranger: Desk) -> None:
    async with stranger.session.get(stranger.channel.address) as response:
        assert response.status == 200
        assert response.url.path == "/"
        assert "<title>Voxline</title>" in await response.text()
    async with stranger.session.get(stranger.channel.address, allow_redirects=False) as response:
        cookie = response.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("token", ["wrong", "%00", "ключ"])
async def test_a_wrong_key_opens_nothing(stranger: Desk, token: str) -> None:
    status, body = await stranger.get(f"/enter/{token}")

    assert status == 401
    assert "earlier start" in body
    assert (await stranger.get("/"))[0] == 401


async def test_the_cookies_of_two_daemons_do_not_meet(desk: Desk, store: SqliteStore, clock: FakeClock) -> None:
    async with WebChannel(WebSettings(port=0), log=store, blobs=store, clock=clock) as other:
        async with desk.session.get(other.address) as response:
            assert response.status == 200

        assert (await desk.get("/"))[0] == 200


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example:80", "evil.example:127.0.0.1", "[::2]", ""])
async def test_a_foreign_host_name_is_misdirected(desk: Desk, name: str) -> None:
    status, _ = await desk.get("/api/chats", Host=name)

    assert status == 421


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:1", "http://127.0.0.1.evil.example"]
)
async def test_a_script_of_another_site_is_turned_away(desk: Desk, origin: str) -> None:
    status, _ = await desk.say("m1", "hello", headers={"Origin": origin})

    assert status == 403
    assert desk.accepted == []


async def test_another_site_cannot_post_even_without_naming_itself(desk: Desk) -> None:
    status, _ = await desk.say("m1", "hello", headers={"Sec-Fetch-Site": "cross-site"})

    assert status == 403


async def test_the_pages_own_script_may_post(desk: Desk) -> None:
    status, _ = await desk.say("m1", "hello", headers={"Origin": desk.url, "Sec-Fetch-Site": "same-origin"})

    assert status == 202


@pytest.mark.parametrize("path", ["/", "/page/app.js", "/api/chats", "/nothing"])
async def test_every_answer_carries_the_policy(desk: Desk, path: str) -> None:
    response = await desk.headers(path)

    assert "default-src 'none'; script-src 'self'; style-src 'self'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["/page/..%2fadapter.py", "/page/%2e%2e%2fgate.py", "/page//etc/passwd", "/media/..%2f..%2fstate.db", "/page/x"],
)
async def test_no_path_leads_out_of_the_page(desk: Desk, path: str) -> None:
    async with desk.session.get(URL(desk.url + path, encoded=True)) as response:
        assert response.status == 404


async def test_every_file_of_the_page_is_served_as_what_it_is(desk: Desk) -> None:
    kinds = {"app.js": "text/javascript", "style.css": "text/css", "icon.svg": "image/svg+xml"}

    for name, kind in kinds.items():
        response = await desk.headers(f"/page/{name}")
        assert (response.status, response.content_type) == (200, kind)


async def test_a_port_that_is_taken_says_which_setting_to_change(
    desk: Desk, store: SqliteStore, clock: FakeClock
) -> None:
    port = int(desk.url.rpartition(":")[2])

    with pytest.raises(ChannelDown, match=rf"port {port} .* channels\.web\.port"):
        async with WebChannel(WebSettings(port=port), log=store, blobs=store, clock=clock):
            pass


def test_the_key_is_not_in_the_settings_repr() -> None:
    settings = WebSettings()

    assert len(settings.token) >= 43
    assert settings.token not in repr(settings)


@pytest.mark.parametrize("origin", ["http://[", "null", "http://]:x", "\u00ff"])
async def test_a_broken_origin_is_another_site(stranger: Desk, origin: str) -> None:
    async with stranger.session.get(URL(stranger.channel.address).origin(), headers={"Origin": origin}) as response:
        assert response.status == 403


@pytest.mark.parametrize("value", ["=;;=", "voxline-80=\u00ff", "\u00ff" * 50, "a" * 5000, "$Version=1; ="])
async def test_a_broken_cookie_is_no_key(stranger: Desk, value: str) -> None:
    async with stranger.session.get(URL(stranger.channel.address).origin(), headers={"Cookie": value}) as response:
        assert response.status == 401


@pytest.mark.parametrize("path", ["/", "/api/events", "/api/chats", "/nothing", "/media/00"])
async def test_nothing_is_answered_without_the_headers(desk: Desk, path: str) -> None:
    async with desk.session.get(URL(desk.channel.address).origin().with_path(path)) as response:
        assert HEADERS.keys() <= response.headers.keys()
