"""Where pictures that a model names may come from, and that nothing else is read."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.abc import ResolveResult
from PIL import Image

from bot.core.errors import MediaError
from bot.core.messages import Blob
from bot.net.ssrf_guard import SsrfGuard
from bot.tools.pictures import CLOSED, NOT_THERE, PICTURE_BYTES, ImageSources, named, read_below
from bot.tools.tool import ToolFailed
from tests.bot.net.origins import Names
from tests.bot.openrouter.stranger import Page, Stranger
from tests.bot.tools.calling import PNG_URL, Shelf, context, drawn, gallery, picture

GPS = 0x8825


def kept(where: ImageSources, blob: Blob) -> bytes:
    assert isinstance(where.shelf, Shelf)
    return where.shelf.kept[blob.sha256]


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    """A folder that the owner opened, beside one that stays closed."""
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "secret.png").write_bytes(drawn("black"))
    (tmp_path / "open" / "in it").mkdir(parents=True)
    (tmp_path / "open" / "in it" / "a.png").write_bytes(drawn("blue"))
    return tmp_path / "open"


async def test_a_number_is_a_picture_of_the_person() -> None:
    assert await gallery().load("2", (picture(1), picture(2))) == picture(2)
    for number in ("0", "3", "9999999999"):
        with pytest.raises(ToolFailed, match="the person showed 2"):
            await gallery().load(number, (picture(1), picture(2)))


async def test_a_picture_of_the_person_is_as_fine_as_it_came_and_does_not_tell_where_it_was_taken() -> None:
    taken = Image.new("RGB", (5000, 100), "red")
    exif = taken.getexif()
    exif[GPS] = {1: "N"}
    photo = io.BytesIO()
    taken.save(photo, "JPEG", exif=exif)
    where = gallery()
    own = await where.shelf.put(photo.getvalue(), "image/jpeg")

    sent = Image.open(io.BytesIO(kept(where, await where.load("1", (own,)))))

    assert (sent.size, dict(sent.getexif())) == ((4096, 82), {})


async def test_a_picture_of_the_person_that_is_gone_is_told() -> None:
    with pytest.raises(ToolFailed, match="the file is gone"):
        await gallery().load("1", (Blob("f" * 64, "image/png", 1),))


async def test_a_picture_comes_out_of_a_data_address() -> None:
    where = gallery()

    blob = await where.load(PNG_URL, ())

    assert (kept(where, blob), blob.mime) == (drawn(), "image/png")


async def test_a_picture_is_fetched_from_the_web_within_a_cap() -> None:
    web = Stranger({"http://p.example/a": Page(drawn(), ""), "https://p.example/text": Page(b"<p>", "image/png")})
    web.pages["https://p.example/large"] = Page(bytes(PICTURE_BYTES + 1), "image/png")
    where = gallery(web=web)

    assert kept(where, await where.load("http://p.example/a", ())) == drawn()
    for name, why in (("text", "not a picture"), ("large", "too large")):
        with pytest.raises(ToolFailed, match=why):
            await where.load(f"https://p.example/{name}", ())


async def test_a_link_that_leads_nowhere_is_told() -> None:
    class Nowhere(Names):
        async def resolve(self, *_: object, **__: object) -> list[ResolveResult]:
            raise OSError("no such name")

    async with SsrfGuard(plain=True, resolver=Nowhere()) as guard:
        with pytest.raises(ToolFailed, match="cannot connect"):
            await gallery(web=guard).load("https://p.example/a.png", ())


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1/a.png", "http://169.254.169.254/latest", "https://[::1]/a.png", "http://localhost/"]
)
async def test_no_private_address_is_opened(address: str) -> None:
    async with SsrfGuard(plain=True) as guard:
        with pytest.raises(ToolFailed, match="not a public address"):
            await gallery(web=guard).load(address, ())


async def test_without_a_way_to_the_web_no_address_is_opened() -> None:
    with pytest.raises(ToolFailed, match="not opened here"):
        await gallery().load("https://pics.example/a", ())


@pytest.mark.parametrize(
    "name",
    [
        "ftp://pics.example/a.png",
        "javascript:alert(1)",
        "C:\\pictures\\a.png",
        "data:text/html;base64,AAAA",
        "data:image/png,AAAA",
        "data:image/png;base64,AAAA",
    ],
)
async def test_other_kinds_of_address_are_refused(name: str, opened: Path) -> None:
    with pytest.raises(ToolFailed, match="cannot be used"):
        await gallery(opened).load(name, ())


@pytest.mark.parametrize("name", ["/etc/passwd", "file:///etc/passwd", "a.png", "../a.png", "~/.ssh/id_rsa"])
async def test_no_file_is_read_unless_a_folder_is_open(name: str) -> None:
    with pytest.raises(ToolFailed) as refused:
        await gallery().load(name, ())
    assert CLOSED in str(refused.value)


@pytest.mark.parametrize("form", ["in it/a.png", "{open}/in it/a.png", "file://{open}/in%20it/a.png"])
async def test_a_picture_in_an_open_folder_is_read(form: str, opened: Path) -> None:
    where = gallery(opened.parent / "nowhere", opened)

    assert kept(where, await where.load(form.format(open=opened), ())) == drawn("blue")


@pytest.mark.parametrize(
    "form",
    [
        "../closed/secret.png",
        "{open}/../closed/secret.png",
        "file://{open}/%2e%2e/closed/secret.png",
        "{closed}/secret.png",
        "in it/link.png",
        "in it/folder/secret.png",
        "in it/circle",
        "in it/pipe",
        "in it",
        "missing.png",
        "a\0.png",
    ],
)
async def test_nothing_leads_out_of_an_open_folder_and_nothing_is_told_about_what_lies_there(
    form: str, opened: Path
) -> None:
    closed = opened.parent / "closed"
    (opened / "in it" / "link.png").symlink_to(closed / "secret.png")
    (opened / "in it" / "folder").symlink_to(closed)
    (opened / "in it" / "circle").symlink_to(opened / "in it" / "circle")
    os.mkfifo(opened / "in it" / "pipe")

    with pytest.raises(ToolFailed) as refused:
        await gallery(opened).load(form.format(open=opened, closed=closed), ())
    assert NOT_THERE in str(refused.value)


async def test_a_file_address_on_another_machine_is_refused(opened: Path) -> None:
    with pytest.raises(ToolFailed, match="another machine"):
        await gallery(opened).load(f"file://server{opened}/in%20it/a.png", ())


async def test_a_file_that_is_no_picture_is_refused_and_not_shown(opened: Path) -> None:
    (opened / "notes.png").write_text("my diary")

    with pytest.raises(ToolFailed) as refused:
        await gallery(opened).load("notes.png", ())
    assert "diary" not in str(refused.value)


def test_a_file_above_the_cap_is_not_read(opened: Path) -> None:
    with pytest.raises(MediaError, match="larger than 10 bytes"):
        read_below((opened,), "in it/a.png", cap_bytes=10)


def test_an_address_is_a_picture_only_where_the_person_wrote_it_themselves() -> None:
    address = "https://pics.example/a.png"
    written = context(text=f"edit {address} please")
    forwarded = replace(written.turn.inbounds[0], forwarded=True)
    of_another = replace(written, turn=replace(written.turn, inbounds=(forwarded,)))

    assert named({"image": address}, written, flag="edit", at_most=1) == (address,)
    for given, asked in ((address, of_another), (address, context()), (f"{address}?d=secret", written)):
        with pytest.raises(ToolFailed, match="did not write it"):
            named({"image": given}, asked, flag="edit", at_most=1)
