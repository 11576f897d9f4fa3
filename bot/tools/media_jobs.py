"""The tools that start clips and songs. The work outlives the turn; its result is delivered later, as a reply."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from bot.core.chat import ToolSpec
from bot.core.messages import Blob
from bot.core.ports import Clock
from bot.core.work import Frame, Job, JobState, SongRequest, ToolOutcome, VideoRequest
from bot.tools import arguments
from bot.tools.tool import Effect, Tool, ToolContext, ToolFailed

FRAMES_AT_MOST = 4
ROLES = ("first_frame", "last_frame", "reference_image")
FORMATS = ("wav", "mp3")
SONG_SECONDS_AT_MOST = 180

ALREADY = (
    "The same request was started before, so it is not started again. Its result, or why there is none, comes to the "
    "chat by itself. Tell the person so."
)
STARTED = (
    "Started. It takes a while and will be delivered to the chat by itself; the person can go on writing meanwhile."
)

VIDEO = ToolSpec(
    "video_generate",
    "Make a short video clip. It runs in the background and is delivered later.",
    json.dumps(
        {
            "type": "object",
            "properties": {
                "prompt": {"type": "string"},
                "durationSeconds": {"type": "integer"},
                "aspectRatio": {"type": "string"},
                "resolution": {"type": "string", "enum": ["720P", "1080P"]},
                "audio": {"type": "boolean"},
                "useImages": {"type": "boolean", "description": "Start from the person's picture(s)."},
                "imageRoles": {"type": "array", "items": {"type": "string", "enum": ROLES}},
            },
            "required": ["prompt"],
        },
        separators=(",", ":"),
    ),
)

MUSIC = ToolSpec(
    "music_generate",
    "Compose a song or music. It runs in the background and is delivered later.",
    json.dumps(
        {
            "type": "object",
            "properties": {
                "prompt": {"type": "string"},
                "lyrics": {"type": "string"},
                "instrumental": {"type": "boolean"},
                "durationSeconds": {"type": "integer"},
                "format": {"type": "string", "enum": FORMATS},
                "useImage": {"type": "boolean", "description": "Let the person's picture inspire it."},
            },
            "required": ["prompt"],
        },
        separators=(",", ":"),
    ),
)


class Starter(Protocol):
    """Where jobs are started."""

    async def start_video(self, job: Job) -> bool: ...
    async def start_song(self, job: Job) -> bool: ...


def video_generate(jobs: Starter, clock: Clock) -> Tool:
    """The tool that starts a clip: one submit at most, whatever is restarted in between."""

    async def run(given: Mapping[str, object], context: ToolContext) -> ToolOutcome:
        request = VideoRequest(
            prompt=arguments.text(given, "prompt", required=True),
            frames=frames(given, context.pictures) if arguments.flag(given, "useImages") else (),
            duration_seconds=arguments.positive_integer(given, "durationSeconds"),
            resolution=arguments.text(given, "resolution"),
            aspect_ratio=arguments.text(given, "aspectRatio"),
            audio=arguments.flag(given, "audio"),
        )
        return ToolOutcome(STARTED if await jobs.start_video(job(context, request, clock)) else ALREADY)

    return Tool(VIDEO, Effect.KEYED, run)


def music_generate(jobs: Starter, clock: Clock) -> Tool:
    """The tool that starts a song."""

    async def run(given: Mapping[str, object], context: ToolContext) -> ToolOutcome:
        wants_picture = arguments.flag(given, "useImage")
        if wants_picture and not context.pictures:
            raise ToolFailed("There is no picture: the person sent none and replied to none.")
        seconds = arguments.positive_integer(given, "durationSeconds", at_most=SONG_SECONDS_AT_MOST)
        request = SongRequest(
            prompt=arguments.text(given, "prompt", required=True),
            lyrics=arguments.text(given, "lyrics"),
            instrumental=bool(arguments.flag(given, "instrumental")),
            duration_seconds=seconds,
            picture=context.pictures[0] if wants_picture else None,
            format=arguments.one_of(given, "format", FORMATS),
        )
        return ToolOutcome(STARTED if await jobs.start_song(job(context, request, clock)) else ALREADY)

    return Tool(MUSIC, Effect.KEYED, run)


def frames(given: Mapping[str, object], pictures: tuple[Blob, ...]) -> tuple[Frame, ...]:
    """The person's pictures with their roles, matched by place."""
    if not pictures:
        raise ToolFailed("There is no picture to start from: the person sent none and replied to none.")
    roles = given.get("imageRoles") or []
    if not isinstance(roles, list) or len(roles) > len(pictures):
        raise ToolFailed(f"'imageRoles' must list at most {len(pictures)} roles, one for each picture.")
    named = [role if isinstance(role, str) else "" for role in roles]
    padded = [*named, *[""] * len(pictures)]
    return tuple(Frame(blob, role) for blob, role in zip(pictures[:FRAMES_AT_MOST], padded, strict=False))


def job(context: ToolContext, request: VideoRequest | SongRequest, clock: Clock) -> Job:
    """The intent. Its id is the call's own key, so that a repeated call is the same job."""
    last = context.turn.inbounds[-1]
    target = context.turn.target
    return Job(
        id=f"job:{context.key}",
        target=type(target)(target.conversation, last.message_id),
        person=context.person,
        request=request,
        state=JobState.INTENT,
        created_at=clock.now(),
    )
