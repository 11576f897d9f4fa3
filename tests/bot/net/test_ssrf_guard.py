import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.core.errors import Blocked, FetchFailed, MediaError
from bot.net.ssrf_guard import SsrfGuard
from tests.bot.net.origins import CAP, Handler, Names, answer, serving

# Every way to spell an address that is not public, as it may stand in a link.
FORBIDDEN = [
    "127.0.0.1", "127.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.1",
    "0", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "169.254.169.254",
    "169.254.170.2", "168.63.129.16", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]",
    "[64:ff9b::169.254.169.254]", "[64:ff9b:1::a00:1]", "[100::1]", "[2001::1]", "[2001:0:7f00:1::]", "[2001:db8::1]",
    "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[3fff::1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]",
    "[ff02::1]", "[ff0e::1]", "[5f00::1]", "[4000::1]",
]  # fmt: skip
NUMERIC = [host.strip("[]") for host in FORBIDDEN if (host.count(".") == 3 and "x" not in host) or ":" in host]
NUMERIC.remove("0177.0.0.1")


class Trap:
    """A socket on every loopback address that nobody must reach."""

    def __init__(self) -> None:
        self.visits = 0
        self.port = 0

    async def visited(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        writer.close()


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    found = Trap()
    server = await asyncio.start_server(found.visited, "0.0.0.0", 0)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found


@pytest.mark.parametrize("host", FORBIDDEN)
async def test_an_address_in_a_link_that_is_not_public_is_never_reached(host: str, trap: Trap) -> None:
    async with SsrfGuard() as guard:
        with pytest.raises(Blocked):
            await guard.fetch(f"https://{host}:{trap.port}/x", cap_bytes=CAP, timeout_seconds=5)

    assert trap.visits == 0


@pytest.mark.parametrize("host", FORBIDDEN)
async def test_a_redirect_to_an_address_that_is_not_public_is_not_followed(host: str, trap: Trap) -> None:
    async with serving(go=answer(status=302, Location=f"https://{host}:{trap.port}/")) as origin:
        guard = SsrfGuard(allow_private=(origin,))
        with pytest.raises(Blocked):
            async with guard:
                await guard.fetch(f"{origin}/go", cap_bytes=CAP, timeout_seconds=5)

    assert trap.visits == 0


@pytest.mark.parametrize("address", NUMERIC)
async def test_a_name_of_an_address_that_is_not_public_is_never_reached(address: str, trap: Trap) -> None:
    names = Names(address)

    async with SsrfGuard(resolver=names) as guard:
        with pytest.raises(Blocked):
            await guard.fetch(f"https://friendly.example:{trap.port}/", cap_bytes=CAP, timeout_seconds=5)

    assert names.asked == 1
    assert trap.visits == 0


async def test_plain_http_is_opened_only_where_it_is_asked_for_and_at_no_private_address_either(trap: Trap) -> None:
    names = Names("127.0.0.1")
    url = f"http://friendly.example:{trap.port}/"

    async with SsrfGuard(resolver=names) as strict, SsrfGuard(resolver=names, plain=True) as plain:
        with pytest.raises(Blocked, match="not an https address"):
            await strict.fetch(url, cap_bytes=CAP)
        assert names.asked == 0
        with pytest.raises(Blocked, match="not a public address"):
            await plain.fetch(url, cap_bytes=CAP)

    assert (names.asked, trap.visits) == (1, 0)


async def test_a_name_with_several_private_addresses_is_refused(trap: Trap) -> None:
    async with SsrfGuard(resolver=Names("127.0.0.1", "10.0.0.1", "::1")) as guard:
        with pytest.raises(Blocked):
            await guard.fetch(f"https://friendly.example:{trap.port}/", cap_bytes=CAP)

    assert trap.visits == 0


async def test_a_vouched_name_does_not_open_other_ports_or_schemes(trap: Trap) -> None:
    async with serving(a=answer()) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        with pytest.raises(Blocked):
            await guard.fetch(f"http://127.0.0.1:{trap.port}/", cap_bytes=CAP)
        with pytest.raises(Blocked):
            await guard.fetch(f"https://127.0.0.1:{trap.port}/", cap_bytes=CAP)

    assert trap.visits == 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "data:text/plain,hi",
        "//example.org",
        "https://",
        "https:///x",
        "https://user@example.org/",
        "https://user:pass@example.org/",
        "https://@example.org/",
        "https://example.org\\@10.0.0.1/",
        "https://exa mple.org/",
        "https://example.org/\r\nX: y",
        "https://[::1",
        "https://example.org:99999/",
        "https://" + "a" * 9000,
        "https://[fe80::1%25eth0]/",
        "https://ex%61mple.org/",
        "gopher://127.0.0.1/",
        "unix:///var/run/docker.sock",
        "javascript:alert(1)",
    ],
)
async def test_an_address_that_is_not_plain_https_is_refused(url: str) -> None:
    async with SsrfGuard(resolver=Names("127.0.0.1")) as guard:
        with pytest.raises(Blocked) as refused:
            await guard.fetch(url, cap_bytes=CAP)

    assert "pass" not in str(refused.value)


async def test_a_file_is_fetched_over_a_redirect() -> None:
    async with (
        serving(go=answer(status=307, Location="/file"), file=answer(b"data", Content_Type="image/png")) as origin,
        SsrfGuard(allow_private=(origin,)) as guard,
    ):
        got = await guard.fetch(f"{origin}/go#top", cap_bytes=4)

    assert (got.data, got.content_type, got.url) == (b"data", "image/png", f"{origin}/file")


async def test_a_signed_link_arrives_letter_by_letter() -> None:
    seen: list[str] = []

    async def record(request: web.Request) -> web.Response:
        seen.append(request.raw_path)
        return web.Response(body=b"ok")

    async with serving(x=record) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        await guard.fetch(f"{origin}/x?sig=a%2Fb%2bc&d=%7e~", cap_bytes=CAP)

    assert seen == ["/x?sig=a%2Fb%2bc&d=%7e~"]


async def test_headers_stay_with_the_origin_they_were_meant_for() -> None:
    seen: list[set[str]] = []

    async def record(request: web.Request) -> web.Response:
        seen.append({name.lower() for name in request.headers})
        return web.Response(body=b"ok")

    async with (
        serving(end=record) as other,
        serving(
            stay=answer(status=302, Location="/end"), end=record, go=answer(status=302, Location=f"{other}/end")
        ) as origin,
        SsrfGuard(allow_private=(origin, other)) as guard,
    ):
        secrets = {"Authorization": "Bearer k", "X-Api-Key": "k", "Cookie": "k", "Accept-Language": "de"}
        await guard.fetch(f"{origin}/stay", cap_bytes=CAP, headers=secrets)
        await guard.fetch(f"{origin}/go", cap_bytes=CAP, headers=secrets)

    assert {"authorization", "x-api-key", "cookie", "accept-language"} <= seen[0]
    assert {"authorization", "x-api-key", "cookie"}.isdisjoint(seen[1])
    assert "accept-language" in seen[1]


async def test_redirects_in_circles_and_long_chains_end() -> None:
    hops: dict[str, Handler] = {f"h{n}": answer(status=302, Location=f"/h{n + 1}") for n in range(9)}
    async with serving(a=answer(status=302, Location="/b"), b=answer(status=302, Location="/a"), **hops) as origin:
        guard = SsrfGuard(allow_private=(origin,))
        with pytest.raises(FetchFailed, match="circles"):
            async with guard:
                await guard.fetch(f"{origin}/a", cap_bytes=CAP)
        async with guard:
            with pytest.raises(FetchFailed, match="more than 3"):
                await guard.fetch(f"{origin}/h0", cap_bytes=CAP)


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(b"x" * 10_000)
    except ConnectionError:
        return response


async def silent(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"x")
    await asyncio.Event().wait()
    return response


async def test_an_endless_body_and_an_announced_one_stop_at_the_cap() -> None:
    async with (
        serving(endless=endless, big=answer(b"x" * 50_001)) as origin,
        SsrfGuard(allow_private=(origin,)) as guard,
    ):
        for page in ("endless", "big"):
            with pytest.raises(MediaError) as refused:
                await guard.fetch(f"{origin}/{page}", cap_bytes=50_000)
            assert "too large" in refused.value.tell


async def test_a_server_that_falls_silent_is_given_up() -> None:
    async with serving(silent=silent) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        with pytest.raises(FetchFailed, match=r"longer than 0\.2 seconds"):
            await guard.fetch(f"{origin}/silent", cap_bytes=CAP, timeout_seconds=0.2)


async def test_a_compressed_body_nobody_asked_for_is_refused() -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    async with serving(x=answer(bomb, Content_Encoding="gzip")) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        with pytest.raises(FetchFailed, match="compressed"):
            await guard.fetch(f"{origin}/x", cap_bytes=CAP)


async def test_errors_show_the_host_and_nothing_secret() -> None:
    async with serving(gone=answer(status=404)) as origin, SsrfGuard(allow_private=(origin,)) as guard:
        with pytest.raises(FetchFailed, match=r"http://127\.0\.0\.1 answered 404") as failed:
            await guard.fetch(f"{origin}/gone?sig=topsecret", cap_bytes=CAP)

    assert "topsecret" not in str(failed.value)


async def test_a_closed_port_and_an_unopened_guard_are_plain_failures(trap: Trap) -> None:
    async with serving() as origin:
        gone = origin
    async with SsrfGuard(allow_private=(gone,)) as guard:
        with pytest.raises(FetchFailed, match="cannot connect"):
            await guard.fetch(f"{gone}/", cap_bytes=CAP)
    with pytest.raises(FetchFailed, match="not open"):
        await SsrfGuard().fetch("https://example.org/", cap_bytes=CAP)
