"""What goes out with a fetch, what may come back, and what is told when it fails."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bot.core.errors import Blocked, FetchFailed, MediaError
from bot.net.ssrf_guard import SsrfGuard, _guarded_socket
from tests.bot.net.origins import CAP, Handler, Names, answer, serving


class Listener:
    """A page that remembers who asked for it, and how."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        self.peers: set[object] = set()

    async def page(self, request: web.Request) -> web.Response:
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        assert request.transport is not None
        self.peers.add(request.transport.get_extra_info("peername"))
        return web.Response(body=b"ok", headers={"Set-Cookie": "who=me"})


def named(origin: str, host: str) -> str:
    """The same server under a name."""
    return str(URL(origin).with_host(host))


def body_in_pieces(*pieces: bytes) -> Handler:
    """A page whose length nobody is told before."""

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
        return response

    return reply


@asynccontextmanager
async def hanging_up() -> AsyncIterator[str]:
    """A server that listens, says nothing and goes."""

    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(leave, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


# --- the gate ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, ("1.1.1.1", 443)), (socket.AF_INET6, ("2606:4700::1", 443, 0, 0))]
)
def test_a_public_address_gets_the_socket_that_was_asked_for(
    family: socket.AddressFamily, address: tuple[str, int]
) -> None:
    made = _guarded_socket((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address))

    with made:
        assert (made.family, made.type, made.proto) == (family, socket.SOCK_STREAM, socket.IPPROTO_TCP)


def test_another_kind_of_socket_is_never_made(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    with pytest.raises(OSError, match=r"^the address is not public$"):
        _guarded_socket((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", ("1.1.1.1", 443)))

    (record,) = caplog.records
    assert (record.message, vars(record)["address"]) == ("fetch.blocked", "1.1.1.1")


async def test_only_the_vouched_host_is_open_whatever_else_has_its_port() -> None:
    async with serving(x=answer()) as origin:
        vouched, stranger = named(origin, "vouched.example"), named(origin, "stranger.example")
        async with SsrfGuard(allow_private=(vouched,), resolver=Names("127.0.0.1")) as guard:
            assert (await guard.fetch(f"{vouched}/x", cap_bytes=CAP)).data == b"hello"
            with pytest.raises(Blocked, match=r"^http://stranger\.example is not an https address$"):
                await guard.fetch(f"{stranger}/x", cap_bytes=CAP)


async def test_the_spelling_of_a_vouched_origin_does_not_matter() -> None:
    async with serving(x=answer()) as origin:
        shouted = named(origin, "vouched.example").upper()
        async with SsrfGuard(allow_private=(shouted,), resolver=Names("127.0.0.1")) as guard:
            assert (await guard.fetch(f"{shouted}/x", cap_bytes=CAP)).data == b"hello"


# --- what goes out -----------------------------------------------------------------------------


async def test_every_fetch_asks_for_the_name_and_connects_anew_and_brings_no_cookie() -> None:
    listener, names = Listener(), Names("127.0.0.1")
    async with serving(x=listener.page) as origin:
        vouched = named(origin, "vouched.example")
        async with SsrfGuard(allow_private=(vouched,), resolver=names) as guard:
            for _ in range(2):
                await guard.fetch(f"{vouched}/x", cap_bytes=CAP)

    assert names.asked == 2
    assert len(listener.peers) == 2
    assert "cookie" not in listener.headers[1]


async def test_proxies_and_passwords_of_the_machine_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine vouched.example login me password hunter2hunter2")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    listener = Listener()
    async with serving(x=listener.page) as origin:
        vouched = named(origin, "vouched.example")
        async with SsrfGuard(allow_private=(vouched,), resolver=Names("127.0.0.1")) as guard:
            await guard.fetch(f"{vouched}/x", cap_bytes=CAP)

    assert "authorization" not in listener.headers[0]


async def test_a_caller_decides_neither_the_host_nor_the_encoding() -> None:
    listener = Listener()
    async with serving(x=listener.page) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        headers = {"Host": "evil.example", "Accept-Encoding": "gzip", "Range": "bytes=0-1"}
        await guard.fetch(f"{origin}/x", cap_bytes=CAP, headers=headers)

    (sent,) = listener.headers
    assert f"http://{sent['host']}" == origin
    assert (sent["accept-encoding"], sent["user-agent"], sent["accept"]) == ("identity", "Voxline", "*/*")
    assert sent["range"] == "bytes=0-1"


# --- addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize("character", ["\x00", "\t", "\r", "\n", " ", "\x7f", "\\"])
async def test_a_character_that_no_address_has_is_refused_wherever_it_stands(character: str) -> None:
    async with serving(x=answer()) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        with pytest.raises(Blocked, match=r"^an address of \d+ characters .*characters that no address has$"):
            await guard.fetch(f"{origin}/x?{character}y", cap_bytes=CAP)
        assert (await guard.fetch(f"{origin}/x?X=%00~!", cap_bytes=CAP)).data == b"hello"


async def test_an_address_has_a_largest_length() -> None:
    async with serving(x=answer()) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        assert (await guard.fetch(f"{origin}/x?".ljust(8_192, "y"), cap_bytes=CAP)).data == b"hello"
        with pytest.raises(Blocked, match=r"^an address of 8193 characters is too long"):
            await guard.fetch(f"{origin}/x?".ljust(8_193, "y"), cap_bytes=CAP)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://me@{}/x", "http://127.0.0.1 has no host, or has a user name in it"),
        ("http://:pass@{}/x", "http://127.0.0.1 has no host, or has a user name in it"),
        ("https://127.0.0.1:0/x", "https://127.0.0.1 has no host, or has a user name in it"),
        ("https://1.1.1.1%252e/x", "https://1.1.1.1%252e has no host, or has a user name in it"),
        ("https:///x", "https:// has no host, or has a user name in it"),
        ("http://[::1", "this is not an address that can be opened"),
        ("ftp://{}/x", "ftp://127.0.0.1 is not an https address"),
        ("https://127.1/x", "https://127.1 is spelled in a way that is not allowed"),
        ("https://127.0.0.1/x", "https://127.0.0.1 is not a public address"),
        ("http://{}/", "http://127.0.0.1 answered 404. The link may have expired"),
        ("http://{}/moved", "http://127.0.0.1 answered 302. The link may have expired"),
        ("http://{}/lost", "http://127.0.0.1 answered 404. The link may have expired"),
        ("http://{}/gzip", "http://127.0.0.1 sent a compressed body without being asked for one"),
        ("http://{}/br", "http://127.0.0.1 sent a compressed body without being asked for one"),
    ],
)
async def test_a_failure_names_the_host_and_what_was_wrong(url: str, told: str) -> None:
    pages = {
        "x": answer(),
        "moved": answer(status=302),
        "lost": answer(status=404, Location="/x"),
        "gzip": answer(b"", Content_Encoding="gzip"),
        "br": answer(b"hello", Content_Encoding="br"),
    }
    async with serving(**pages) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        with pytest.raises((Blocked, FetchFailed)) as failed:
            await guard.fetch(url.format(origin.removeprefix("http://")), cap_bytes=CAP)

    assert str(failed.value) == told


async def test_a_long_host_is_shown_in_part() -> None:
    async with SsrfGuard() as guard:
        with pytest.raises(Blocked) as refused:
            await guard.fetch(f"http://{'a.' * 200}example/", cap_bytes=CAP)

    assert str(refused.value).partition(" is not")[0] == ("http://" + "a." * 200)[:200]


async def test_a_server_that_hangs_up_or_is_not_there_is_told() -> None:
    async with hanging_up() as origin, SsrfGuard(allow_private=(origin,)) as guard:
        with pytest.raises(FetchFailed, match=r"^http://127\.0\.0\.1 broke off: ServerDisconnectedError$"):
            await guard.fetch(f"{origin}/", cap_bytes=CAP)
    async with SsrfGuard(allow_private=(origin,)) as guard:
        with pytest.raises(FetchFailed, match=r"^cannot connect to http://127\.0\.0\.1: ConnectionRefusedError$"):
            await guard.fetch(f"{origin}/", cap_bytes=CAP)


async def test_a_guard_that_was_not_entered_says_so() -> None:
    with pytest.raises(FetchFailed, match=r"^the guard is not open\. Enter it with `async with` first$"):
        await SsrfGuard().fetch("https://example.org/", cap_bytes=CAP)


async def test_only_the_caller_bounds_a_fetch_but_a_connection_must_come_about_within_ten_seconds() -> None:
    async with SsrfGuard() as guard:
        for session in (guard._public, guard._private):
            assert session is not None
            assert session.timeout == aiohttp.ClientTimeout(total=None, connect=10)


# --- what comes back ---------------------------------------------------------------------------


async def test_three_redirects_are_followed() -> None:
    hops = {f"h{n}": answer(status=308, Location=f"/h{n + 1}") for n in range(3)}
    async with serving(**hops, h3=answer(b"there")) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        assert (await guard.fetch(f"{origin}/h0", cap_bytes=CAP)).data == b"there"


async def test_a_good_answer_is_no_redirect_although_it_names_a_location() -> None:
    async with serving(x=answer(b"here", Location="/other")) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        assert (await guard.fetch(f"{origin}/x", cap_bytes=CAP)).data == b"here"


@pytest.mark.parametrize("encoding", ["", "identity", "Identity"])
async def test_a_body_that_is_plain_may_say_so(encoding: str) -> None:
    async with serving(x=answer(Content_Encoding=encoding)) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        assert (await guard.fetch(f"{origin}/x", cap_bytes=CAP)).data == b"hello"


async def test_a_body_is_whole_up_to_the_very_cap() -> None:
    whole = bytes(range(250)) * 1_000
    async with (
        serving(told=answer(whole), untold=body_in_pieces(whole[:100_000], whole[100_000:])) as origin,
        SsrfGuard(allow_private=(origin,)) as guard,
    ):
        for page in ("told", "untold"):
            assert (await guard.fetch(f"{origin}/{page}", cap_bytes=len(whole))).data == whole
            with pytest.raises(MediaError):
                await guard.fetch(f"{origin}/{page}", cap_bytes=len(whole) - 1)


async def test_one_byte_too_many_is_told_in_bytes_and_in_megabytes() -> None:
    async with serving(x=answer(b"x" * 2_000_001)) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        with pytest.raises(MediaError) as refused:
            await guard.fetch(f"{origin}/x", cap_bytes=2_000_000)

    assert str(refused.value) == "a file behind a link is larger than 2000000 bytes"
    assert refused.value.tell == "That file is too large for me: I can take 2 MB."
