"""What the tools for clips and songs ask for, refuse and tell."""

from __future__ import annotations

import pytest

from bot.core.jobs import Job
from bot.core.media import Frame, SongRequest, VideoRequest
from bot.core.messages import Conversation
from bot.tools.media_jobs import ALREADY, STARTED, Begun, music_generate, video_generate
from bot.tools.tool import Tool, ToolFailed
from tests.bot.tools.calling import PNG_URL, context, gallery, picture
from tests.fakes.clock import FakeClock


class Starter:
    """Starts one job of a kind."""

    def __init__(self, *ignored: str) -> None:
        self.jobs: dict[str, Job] = {}
        self._ignored = ignored

    async def _start(self, job: Job) -> Begun:
        same = [other for other in self.jobs.values() if type(other.request) is type(job.request)]
        if same:
            return Begun(instead=same[0])
        self.jobs[job.id] = job
        return Begun(ignored=self._ignored)

    start_video = start_song = _start

    async def running(self, conversation: Conversation) -> tuple[Job, ...]:
        return tuple(self.jobs.values())

    @property
    def asked(self) -> VideoRequest | SongRequest:
        (job,) = self.jobs.values()
        return job.request


def both(starter: Starter) -> tuple[Tool, Tool]:
    return video_generate(starter, FakeClock(), gallery()), music_generate(starter, FakeClock(), gallery())


ADDRESSES = " ".join(
    [
        *(f"https://pics.example/{name}.png" for name in ("a", "b", *range(11))),
        *("https://p.example/a", "ftp://pics.example/a.png", "https://example.com/done"),
    ]
)


@pytest.mark.parametrize(
    "wish",
    [
        {"image": "https://evil.example/?d=secret"},
        {"images": ["https://pics.example/a.png?d=secret"]},
        {"providerOptions": {"callback_url": "https://evil.example/"}},
    ],
)
async def test_no_address_that_the_person_did_not_write_leaves_in_a_job(wish: dict[str, object]) -> None:
    starter = Starter()
    clip, _ = both(starter)

    with pytest.raises(ToolFailed, match="did not write it"):
        await clip.run({"prompt": "waves", **wish}, context(text="make a clip of https://pics.example/a.png"))
    assert not starter.jobs


async def test_every_wish_for_a_clip_is_in_the_job() -> None:
    starter = Starter()
    clip, _ = both(starter)
    given = {
        "prompt": "waves",
        "durationSeconds": 6,
        "aspectRatio": "16:9",
        "resolution": "720P",
        "size": "1280x720",
        "audio": False,
        "useImages": True,
        "image": "https://pics.example/a.png",
        "imageRoles": ["reference_image", None, "nonsense"],
        "model": "openrouter/a/filmer",
        "timeoutMs": 90_000,
        "providerOptions": {"seed": 7, "callback_url": "https://example.com/done"},
    }
    shown = tuple(picture(number) for number in range(5))

    await clip.run(given, context(*shown, text=ADDRESSES))

    assert starter.asked == VideoRequest(
        "waves",
        "openrouter/a/filmer",
        frames=(
            *map(Frame, shown, ("reference_image", "", "nonsense", "", "")),
            Frame(None, "", "https://pics.example/a.png"),
        ),
        duration_seconds=6,
        resolution="720P",
        aspect_ratio="16:9",
        size="1280x720",
        audio=False,
        seed=7,
        callback_url="https://example.com/done",
        timeout_seconds=90,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompt": " "},
        {"action": "cancel"},
        {"durationSeconds": 0},
        {"durationSeconds": 2.5},
        {"durationSeconds": "6"},
        {"aspectRatio": "wide"},
        {"size": "big"},
        {"audio": "no"},
        {"imageRoles": ["first_frame"]},
        {"useImages": True},
        {"providerOptions": []},
        {"providerOptions": {"negative_prompt": "rain"}},
        {"providerOptions": {"seed": "7"}},
        {"providerOptions": {"seed": 1.5}},
        {"providerOptions": {"callback_url": 5}},
        {"timeoutMs": 0},
        {"timeoutMs": "9000"},
        {"model": 5},
        {"video": "https://clips.example/a.mp4"},
        {"audioRefs": ["https://sounds.example/a.mp3"]},
        {"image": "ftp://pics.example/a.png"},
        {"images": [f"https://pics.example/{number}.png" for number in range(10)]},
        {"images": ["https://p.example/a", "@https://p.example/a"], "imageRoles": ["first_frame", "last_frame"]},
    ],
)
async def test_a_wrong_wish_for_a_clip_starts_nothing(wrong: dict[str, object]) -> None:
    starter = Starter()
    clip, _ = both(starter)

    with pytest.raises(ToolFailed):
        await clip.run({"prompt": "waves", **wrong}, context(text=ADDRESSES))
    assert not starter.jobs


async def test_more_roles_than_pictures_are_refused() -> None:
    clip, _ = both(Starter())
    with pytest.raises(ToolFailed, match="at most 1"):
        await clip.run({"prompt": "x", "useImages": True, "imageRoles": ["first_frame"] * 2}, context(picture()))


async def test_nine_pictures_are_handed_on_and_roles_stay_with_theirs() -> None:
    starter = Starter()
    clip, _ = both(starter)
    named = [PNG_URL, " @" + PNG_URL, *(f"https://pics.example/{number}.png" for number in range(8))]

    await clip.run(
        {"prompt": "x", "images": named, "imageRoles": ["last_frame", "first_frame"]}, context(text=ADDRESSES)
    )

    assert isinstance(starter.asked, VideoRequest)
    first, *others = starter.asked.frames
    assert (first.role, first.blob is not None and first.blob.mime) == ("last_frame", "image/png")
    assert [(frame.url, frame.role) for frame in others] == [
        (f"https://pics.example/{number}.png", "" if number else "first_frame") for number in range(8)
    ]


async def test_every_wish_for_a_song_is_in_the_job() -> None:
    starter = Starter()
    _, song = both(starter)
    given = {"prompt": "the sea", "lyrics": "la la", "instrumental": False, "durationSeconds": 30, "format": "MP3"}

    await song.run({**given, "useImage": True, "model": "a/composer"}, context(picture(1), picture(2)))

    assert starter.asked == SongRequest(
        "the sea", "a/composer", lyrics="la la", duration_seconds=30, picture=picture(1), format="mp3"
    )


async def test_a_song_takes_a_picture_by_its_address() -> None:
    starter = Starter()
    _, song = both(starter)

    await song.run({"prompt": "the sea", "image": "https://pics.example/a.png"}, context(text=ADDRESSES))

    assert starter.asked == SongRequest("the sea", picture_url="https://pics.example/a.png")


def test_the_time_of_a_song_is_not_for_the_model_to_say() -> None:
    _, song = both(Starter())
    assert "timeout" not in song.spec.parameters


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "flac"},
        {"durationSeconds": 0},
        {"instrumental": "yes"},
        {"useImage": True},
        {"prompt": None},
        {"model": 5},
        {"images": ["https://pics.example/a.png", "https://pics.example/b.png"]},
        {"images": [f"https://pics.example/{number}.png" for number in range(11)]},
    ],
)
async def test_a_wrong_wish_for_a_song_starts_nothing(wrong: dict[str, object]) -> None:
    starter = Starter()
    _, song = both(starter)

    with pytest.raises(ToolFailed):
        await song.run({"prompt": "the sea", **wrong}, context())
    assert not starter.jobs


async def test_the_same_call_again_starts_nothing_again() -> None:
    clip, song = both(Starter())[0], both(Starter())[1]
    for tool in (clip, song):
        assert (await tool.run({"prompt": "x"}, context())).value.text == STARTED
        assert (await tool.run({"prompt": "x"}, context())).value.text == ALREADY


async def test_a_second_one_of_a_kind_is_not_started_and_the_first_is_named() -> None:
    starter, clock = Starter(), FakeClock()
    clip, song = video_generate(starter, clock, gallery()), music_generate(starter, clock, gallery())
    for tool, key in ((clip, "turn-1:call-1"), (song, "turn-1:call-2")):
        await tool.run({"prompt": "waves"}, context(key=key))
    await clock.advance(40)

    for tool, kind in ((clip, "clip"), (song, "song")):
        refused = (await tool.run({"prompt": "wind"}, context(key="turn-2:call-1"))).value.text
        assert refused == (
            f"Not started: this chat makes one {kind} at a time, and one is being made ('waves': 40 s so far). "
            "Tell the person; /jobs shows and cancels it."
        )
    assert len(starter.jobs) == 2


async def test_what_the_model_cannot_follow_is_told_with_the_start() -> None:
    clip, _ = both(Starter("resolution", "size"))

    assert (await clip.run({"prompt": "x"}, context())).value.text == f"{STARTED} Ignored hints: resolution, size."


async def test_each_tool_tells_what_of_its_kind_is_running() -> None:
    starter = Starter()
    clip, song = both(starter)
    await clip.run({"prompt": "waves"}, context())

    assert (await clip.run({"action": "status"}, context())).value.text == "'waves': 0 s so far"
    assert (await song.run({"action": "status"}, context())).value.text == "Nothing is being made right now."


async def test_asking_what_there_is_starts_nothing() -> None:
    starter = Starter()
    clip, song = both(starter)

    assert "first_frame" in (await clip.run({"action": "list"}, context())).value.text
    assert "wav, mp3" in (await song.run({"action": "list"}, context())).value.text
    assert not starter.jobs
