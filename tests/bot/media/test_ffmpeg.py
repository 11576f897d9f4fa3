import asyncio
import os
import sys
from pathlib import Path

import pytest

from bot.core.errors import MediaError
from bot.media.ffmpeg import DEMUXERS, MEMORY_KB, Ffmpeg, read_probe
from tests.bot.media.sounds import put, put_wav, talk


def script(folder: Path, body: str) -> str:
    """A program that stands where ffmpeg should."""
    path = folder / "fake-ffmpeg"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed child whose parent is gone may wait for init to collect it.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


async def until_dead(pid: int) -> None:
    """Returns when the process is gone: a killed one needs a moment to go."""
    async with asyncio.timeout(5):
        while alive(pid):  # noqa: ASYNC110 - the kernel sends no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "body",
    ['sleep 60 & echo $! >"{pids}"; echo $$ >>"{pids}"; wait', 'sleep 60 & echo $! >"{pids}"; exit 0'],
    ids=["hangs", "leaves a child behind that holds the pipes"],
)
async def test_a_program_that_hangs_is_killed_with_everything_it_started(tmp_path: Path, body: str) -> None:
    pids = tmp_path / "pids"
    tools = Ffmpeg(script(tmp_path, body.format(pids=pids)), seconds=0.5)

    with pytest.raises(MediaError, match="did not finish"):
        await tools.encode(b"", rate=16_000, codec=("-f", "wav"), cap=100)

    started = [int(line) for line in pids.read_text().split()]
    assert started
    for pid in started:
        await until_dead(pid)


async def test_cancelling_kills_it_too(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    os.mkfifo(pids)
    tools = Ffmpeg(script(tmp_path, f'echo $$ >"{pids}"; sleep 60'))
    run = asyncio.create_task(tools.encode(b"", rate=16_000, codec=(), cap=1))
    pid = int(await asyncio.to_thread(pids.read_text))

    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    await until_dead(pid)


@pytest.mark.parametrize("body", ["exit 1", "echo broken >&2; exit 1", "kill -9 $$"])
async def test_a_failure_is_a_media_error(tmp_path: Path, body: str) -> None:
    with pytest.raises(MediaError, match="ffmpeg ended with status"):
        await Ffmpeg(script(tmp_path, body)).encode(b"", rate=16_000, codec=(), cap=1)


async def test_a_missing_ffmpeg_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"set media\.ffmpegPath"):
        await Ffmpeg(str(tmp_path / "nowhere")).probe(put_wav(tmp_path, talk(1)), "audio/wav")


async def test_an_ffmpeg_that_cannot_write_voice_notes_is_told_before_it_is_needed(tmp_path: Path) -> None:
    assert await Ffmpeg().works()
    with pytest.raises(MediaError, match="cannot write Opus"):
        await Ffmpeg(script(tmp_path, "echo ' A..... aac'")).works()


async def test_what_it_writes_is_cut_at_the_cap(tmp_path: Path) -> None:
    tools = Ffmpeg(script(tmp_path, "head -c 5000000 /dev/zero"))

    assert len(await tools.encode(b"", rate=16_000, codec=(), cap=1_000)) == 1_000


async def test_it_runs_with_limits_a_low_rank_and_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "canary")
    tools = Ffmpeg(script(tmp_path, "ulimit -v; ulimit -t; nice; env"))

    told = (await tools.encode(b"", rate=16_000, codec=(), cap=10_000)).decode()

    assert told.split()[:3] == [str(MEMORY_KB), "60", str(min(os.nice(0) + 10, 19))]
    assert "canary" not in told


async def test_a_program_that_takes_too_much_memory_ends_as_a_media_error(tmp_path: Path) -> None:
    held = MEMORY_KB * 1024
    greedy = f'exec "{sys.executable}" -c "print(len(bytes({held})))"'

    with pytest.raises(MediaError):
        await Ffmpeg(script(tmp_path, greedy)).encode(b"", rate=16_000, codec=(), cap=10_000)

    modest = script(tmp_path, greedy.replace(str(held), str(held // 8)))
    assert int(await Ffmpeg(modest).encode(b"", rate=16_000, codec=(), cap=10_000)) == held // 8


async def test_at_most_two_run_at_once(tmp_path: Path) -> None:
    # Each run waits until somebody else runs beside it, and tells how many it saw.
    count = f'cd "{tmp_path}"; touch run.$$; for i in 1 2 3 4 5 6; do sleep 0.05; ls run.* | wc -l; done; rm run.$$'
    tools = Ffmpeg(script(tmp_path, count))

    told = await asyncio.gather(*(tools.encode(b"", rate=1, codec=(), cap=100) for _ in range(4)))

    assert max(int(line) for answer in told for line in answer.split()) == 2


@pytest.mark.parametrize("mime", sorted(DEMUXERS))
async def test_even_a_playlist_that_came_through_opens_no_other_file(tmp_path: Path, mime: str) -> None:
    secret = put_wav(tmp_path, talk(2))
    playlist = put(
        tmp_path,
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode(),
        "list.m3u8",
    )

    with pytest.raises(MediaError):
        await Ffmpeg().decode(playlist, mime, rate=16_000, seconds=5)


def test_a_probe_reads_duration_and_streams() -> None:
    told = (
        "Input #0, ogg, from 'x':\n  Duration: 01:00:02.50, start: 0.0\n"
        "  Stream #0:0(eng): Audio: opus, 48000 Hz\n  Stream #0:1: Video: theora\n"
    )

    found = read_probe(told)

    assert (found.seconds, found.streams, found.has_audio) == (3602.5, 2, True)
    assert read_probe("  Duration: N/A\n  Stream #0:0: Video: h264").seconds is None
    with pytest.raises(MediaError):
        read_probe("Invalid data found when processing input")
