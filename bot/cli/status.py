"""`voxline status`: whether the daemon runs on this state directory, its channels, backlog and spending."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.cli.control import ask
from bot.cli.exit_codes import FAILED, OK
from bot.cli.setup import Setup, add_places, open_setup
from bot.core.errors import ConfigError, StateError


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--ready", action="store_true", help="fail also where a channel or the model does not work")
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    setup = open_setup(args)
    pid, key = running_pid(setup.state), _key(setup)
    live = _live(setup.state) if pid is not None else {}
    facts = {
        "running": pid is not None,
        "pid": pid,
        "config": str(setup.file),
        "state": str(setup.state),
        "channels": channels(setup),
        "model": setup.config.agents.defaults.model.primary,
        "key": key or None,
        **{name: value for name, value in live.items() if name not in ("ok", "pid")},
    }
    if args.json:
        print(json.dumps({"ok": pid is not None, **facts}, ensure_ascii=False))
    else:
        print(
            f"daemon         {f'running, pid {pid}' if pid is not None else 'not running: start it with `voxline run`'}"
        )
        print(f"configuration  {setup.file}{'' if setup.file.exists() else ' (not there: defaults)'}")
        print(f"state          {setup.state}")
        print(f"channels       {', '.join(channels(setup)) or 'none'}")
        print(f"model          {facts['model']}")
        print(f"key            {key or 'none: run `voxline onboard`'}")
        for line in live_lines(live):
            print(line)
    unwell = args.ready and not (live and all(health["ok"] for health in live["health"].values()))
    return FAILED if pid is None or unwell else OK


def _key(setup: Setup) -> str:
    """The key, masked; "" for none. One that only the service can read is no reason to say nothing."""
    try:
        return str(setup.key() or "")
    except (ConfigError, StateError) as error:
        return f"cannot be read from here: {error}"


def _live(state: Path) -> dict[str, Any]:
    """The running daemon's facts; empty when it does not listen (yet)."""
    try:
        reply = ask(state, "status")
    except StateError:
        return {}
    return reply if reply["ok"] else {}


def live_lines(live: dict[str, Any]) -> Iterator[str]:
    if not live:
        return
    for name, health in live["health"].items():
        yield f"{name:<14} {'' if health['ok'] else 'NOT WORKING: '}{health['detail']}"
    if live["page"]:
        yield f"page           {live['page']}"
    yield f"working on     {live['working']} conversations"
    yield (
        f"waiting        {live['waiting_messages']} messages, {live['waiting_parts']} parts, "
        f"the oldest for {live['oldest_waiting_seconds']} s"
    )
    yield f"spent today    ${live['spent_today_microdollars'] / 1e6:.4f} ({live['zone']})"
    yield f"version        {live['version']}, up for {live['uptime_seconds']} s"


def channels(setup: Setup) -> list[str]:
    """The channels that are switched on."""
    configured = setup.config.channels
    named = {"telegram": configured.telegram, "discord": configured.discord}
    on = [name for name, channel in named.items() if channel is not None and channel.enabled]
    return [*on, "web"] if configured.web_enabled else on


def running_pid(state: Path) -> int | None:
    """The process that holds the state directory, or None. 0 when it does not say who it is."""
    try:
        handle = os.open(state / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        written = os.read(handle, 20).decode("ascii", "replace").strip()
        return int(written) if written.isdigit() else 0
    finally:
        os.close(handle)
