"""One kill: a message is sent, the real daemon dies at a named place, starts again, and must finish."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

from bot.sandbox import Sandbox
from tests.daemon import Daemon, configure, daemon, open_telegram
from tests.fakes.telegram_api import TelegramApi
from tests.kills.kinds import CHAT, KINDS, SECOND, TOLD_INSTEAD, Kind, faults, finished

FINISH_SECONDS = 60.0
# Killed here, what was asked of the provider is not written down yet: it is asked once more.
UNWRITTEN = frozenset({"model.after", "c3.before", "c5b.before", "c5b.after"})


async def survives(name: str, points: tuple[str, ...], folder: Path, sandbox: Sandbox) -> list[str]:
    """An undisturbed turn with all these places armed: what went wrong, the daemon's death included."""
    kind = KINDS[name]
    async with TelegramApi() as api:
        key = prepare(folder, api, sandbox)
        send(kind, api)
        async with daemon(folder, failpoints=armed(*points)) as running:
            wrong = await ends_well(running, api, kind)
        return wrong + overspent(sandbox, key, kind, again=0)


async def killed_at(name: str, point: str, folder: Path, sandbox: Sandbox) -> list[str]:
    """What went wrong when the daemon was killed the first time it came by `point`."""
    kind = KINDS[name]
    async with TelegramApi() as api:
        key = prepare(folder, api, sandbox)
        send(kind, api)
        async with daemon(folder, failpoints=armed(point)) as doomed:
            try:
                status = await doomed.ended()
            except TimeoutError:
                return [f"was never reached; log: {doomed.said()}"]
        if status != -signal.SIGKILL:
            return [f"ended with {status}; log: {doomed.said()}"]
        kind = TOLD_INSTEAD.get((name, point), kind)
        async with daemon(folder) as running:
            wrong = await ends_well(running, api, kind)
        # what ends by itself may end while the second message is being answered
        again = point in UNWRITTEN or bool(kind.late)
        return wrong + overspent(sandbox, key, kind, again=int(again))


def prepare(folder: Path, api: TelegramApi, sandbox: Sandbox) -> str:
    """Writes the configuration; returns the key that marks this daemon's requests."""
    key = f"key-{folder.name}"
    sandbox.admit(key)
    configure(folder, base_url=sandbox.base_url, key=key, channels={"telegram": open_telegram(api.root)})
    return key


def armed(*points: str) -> str:
    return ",".join(f"{point}=kill9@1" for point in points)


def send(kind: Kind, api: TelegramApi) -> None:
    """What a person writes, before the daemon is there."""
    kind.send(api)
    if kind.followed:
        api.say(CHAT, SECOND)


async def ends_well(running: Daemon, api: TelegramApi, kind: Kind) -> list[str]:
    """Waits for the answers, lets the daemon drain, and judges what people see."""
    before = api.count("getUpdates")  # it listens to signals by the time it asks for messages
    try:
        await api.wait_for(
            lambda: api.count("getUpdates") > before and finished(api.messages(CHAT), kind), FINISH_SECONDS
        )
    except TimeoutError:
        return [f"lost: {faults(api.messages(CHAT), kind)}; log: {running.said()}"]
    running.signal(signal.SIGTERM)
    if status := await running.ended():
        return [f"did not stop in order: {status}; log: {running.said()}"]
    return faults(api.messages(CHAT), kind)


def overspent(sandbox: Sandbox, key: str, kind: Kind, *, again: int) -> list[str]:
    """The paths that were asked more often than once for each piece of work and `again`; a clip never twice."""
    asked = Counter(
        request.path
        for request in sandbox.requests
        if request.method == "POST" and request.headers.get("Authorization") == f"Bearer {key}"
    )
    allowed = {path: count + again for path, count in kind.asked.items()} | {"/videos": kind.asked.get("/videos", 0)}
    wrong = [f"{path} asked {count} times" for path, count in asked.items() if count > allowed.get(path, 0)]
    if (total := asked.total()) > sum(kind.asked.values()) + again:
        wrong.append(f"{total} paid requests")
    return wrong
