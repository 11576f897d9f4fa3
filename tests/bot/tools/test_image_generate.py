"""What the drawing tool asks for, refuses and tells."""

from __future__ import annotations

import json

import pytest

from bot.core.chat import Picture
from bot.core.media import Drawn, ImageRequest
from bot.core.messages import Media
from bot.media.dataurl import data_url
from bot.tools import arguments
from bot.tools.image_generate import image_generate
from bot.tools.tool import ToolFailed
from tests.bot.tools.calling import PNG_URL, context, drawn, gallery, picture


class Painter:
    def __init__(self, *ignored: str, pictures: int = 1) -> None:
        self.asked: list[ImageRequest] = []
        self._drawn = Drawn((Picture(b"drawn", "image/jpeg"),) * pictures, "painter", 1, ignored=ignored)

    async def draw(self, request: ImageRequest) -> Drawn:
        self.asked.append(request)
        return self._drawn


async def test_every_wish_reaches_the_painter() -> None:
    painter = Painter()
    wishes = {"aspectRatio": "2:1", "resolution": "2k", "size": "1024 x 512", "count": 4, "timeoutMs": 9000}
    wishes["model"] = "openrouter/a/painter"

    await image_generate(painter, gallery()).run({"prompt": "a fox", **wishes}, context())

    assert painter.asked == [
        ImageRequest(
            "a fox",
            "openrouter/a/painter",
            count=4,
            aspect_ratio="2:1",
            resolution="2K",
            size="1024x512",
            timeout_seconds=9.0,
        )
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompt": ""},
        {"prompt": 5},
        {"action": "paint"},
        {"count": 0},
        {"count": 5},
        {"count": 1.5},
        {"count": True},
        {"aspectRatio": "7:3"},
        {"resolution": "8K"},
        {"size": "large"},
        {"size": "0x10"},
        {"timeoutMs": 0},
        {"timeoutMs": -1},
        {"timeoutMs": float("inf")},
        {"timeoutMs": float("nan")},
        {"edit": True},
        {"edit": "yes"},
        {"model": 5},
        {"image": 5},
        {"images": "1"},
        {"images": [1]},
    ],
)
async def test_a_wrong_wish_is_refused_before_anything_is_drawn(wrong: dict[str, object]) -> None:
    painter = Painter()

    with pytest.raises(ToolFailed):
        await image_generate(painter, gallery()).run({"prompt": "a fox", **wrong}, context())
    assert painter.asked == []


@pytest.mark.parametrize("action", ["status", "list", "STATUS"])
async def test_asking_what_there_is_draws_nothing(action: str) -> None:
    painter = Painter()

    outcome = (await image_generate(painter, gallery()).run({"action": action}, context())).value

    assert outcome.text
    assert (outcome.parts, painter.asked) == ((), [])


async def test_the_list_names_every_shape_that_is_understood() -> None:
    outcome = (await image_generate(Painter(), gallery()).run({"action": "list"}, context())).value
    assert all(ratio in outcome.text for ratio in arguments.RATIOS)
    assert len(set(arguments.RATIOS)) == 15


async def test_an_edit_takes_the_pictures_of_the_person_in_order() -> None:
    painter, shown = Painter(), tuple(picture(number) for number in range(7))

    await image_generate(painter, gallery()).run({"prompt": "in blue", "edit": True}, context(*shown))

    assert painter.asked[0].references == shown


async def test_ten_pictures_are_handed_on_and_eleven_are_too_many() -> None:
    painter, named = Painter(), [data_url(drawn((0, number, 0)), "image/png") for number in range(11)]
    tool = image_generate(painter, gallery())

    await tool.run({"prompt": "x", "images": named[:10]}, context())
    with pytest.raises(ToolFailed, match="11 pictures are named; 10 are"):
        await tool.run({"prompt": "x", "images": named}, context())

    assert [len(request.references) for request in painter.asked] == [10]


async def test_pictures_are_taken_once_each_the_own_ones_first() -> None:
    painter, shown = Painter(), (picture(1), picture(2))
    given = {"prompt": "x", "edit": True, "image": " 2 ", "images": ["@1", "", f"@{PNG_URL}", PNG_URL]}

    await image_generate(painter, gallery()).run(given, context(*shown))
    await image_generate(painter, gallery()).run({"prompt": "x", "images": ["2"]}, context(*shown))

    first, second = painter.asked
    assert first.references[:2] == shown
    assert [blob.mime for blob in first.references[2:]] == ["image/png"]
    assert second.references == (picture(2),)


async def test_hints_that_nothing_takes_are_told_as_ignored() -> None:
    given = {"prompt": "a fox", "quality": "high", "outputFormat": "webp", "background": "transparent"}

    outcome = (await image_generate(Painter("resolution"), gallery()).run(given, context())).value

    assert outcome.text.endswith("Ignored hints: resolution, quality, outputFormat, background.")


@pytest.mark.parametrize(
    ("wanted", "pictures", "names"),
    [
        ("", 2, ["image-1.jpg", "image-2.jpg"]),
        ("fox.png", 1, ["fox.jpg"]),
        ("fox", 2, ["fox-1.jpg", "fox-2.jpg"]),
        ("../../etc/passwd", 1, ["passwd.jpg"]),
        ("con", 1, ["image.jpg"]),
    ],
)
async def test_a_picture_is_called_as_asked_by_what_it_is(wanted: str, pictures: int, names: list[str]) -> None:
    tool = image_generate(Painter(pictures=pictures), gallery())

    outcome = (await tool.run({"prompt": "a fox", "filename": wanted}, context())).value

    assert [part.name for part in outcome.parts if isinstance(part, Media)] == names


def test_what_the_model_is_told_is_an_object_of_known_types() -> None:
    schema = json.loads(image_generate(Painter(), gallery()).spec.parameters)
    assert {value["type"] for value in schema["properties"].values()} == {"string", "boolean", "integer", "array"}
