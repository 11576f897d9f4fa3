"""`voxline service install`: writes a systemd unit with the paths of this very installation."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bot.cli.exit_codes import OK
from bot.cli.setup import places
from bot.cli.subcommands import Group
from bot.core.errors import StateError

NAME = "voxline.service"
SYSTEM = Path("/etc/systemd/system")
UNIT = """# Written by `voxline service install`; run that again after moving the installation.
[Unit]
Description=Voxline, an AI agent where people already talk
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
WatchdogSec=60
TimeoutStartSec=90
KillMode=mixed
TimeoutStopSec=90
Restart=always
RestartSec=2
# 78: the configuration or the state cannot be used. Starting again would not help.
RestartPreventExitStatus=78
UMask=0077
MemoryMax=1G
TasksMax=256
LimitCORE=0
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
{more}
[Install]
WantedBy={target}
"""
DYNAMIC = """DynamicUser=yes
StateDirectory=voxline
StateDirectoryMode=0700
ConfigurationDirectory=voxline
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
"""


def add(parser: argparse.ArgumentParser) -> None:
    install = Group(parser).add("install", "write a systemd unit for this installation")
    install.add_argument("--user", action="store_true", help="a service of your own user, with your own places")
    install.add_argument("--folder", type=Path, metavar="DIR", help="where units lie (default: systemd's own place)")
    install.add_argument("--config", type=Path, metavar="FILE", help="the configuration file (with --user)")
    install.add_argument("--state-dir", type=Path, metavar="DIR", help="the state directory (with --user)")
    install.set_defaults(run=run, service=False)


def run(args: argparse.Namespace) -> int:
    folder = args.folder or (Path.home() / ".config" / "systemd" / "user" if args.user else SYSTEM)
    file = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(unit(args), encoding="utf-8")
    except OSError as error:
        fix = "use --user, or run it with sudo" if not args.user else "check the folder"
        raise StateError(f"{file} cannot be written ({error.strerror}): {fix}") from None
    systemctl = "systemctl --user" if args.user else "sudo systemctl"
    print(f"Written: {file}")
    print(f"Start it now and at every boot: {systemctl} daemon-reload && {systemctl} enable --now voxline")
    if args.user:
        print(f"Also while you are not logged in: sudo loginctl enable-linger {os.environ.get('USER', '$USER')}")
    else:
        print("Its configuration is /etc/voxline/voxline.json5; `voxline status --service` looks at it.")
    return OK


def unit(args: argparse.Namespace) -> str:
    """The unit's text: this Python, and for a user's service the places that this command would use."""
    command = [sys.executable, "-m", "bot", "run"]
    if args.user:
        config, state = places(args)
        command += ["--config", str(config.absolute()), "--state-dir", str(state.absolute())]
    quoted = " ".join(_quoted(word) for word in command)
    more, target = ("", "default.target") if args.user else (DYNAMIC, "multi-user.target")
    return UNIT.format(command=quoted, more=more, target=target)


def _quoted(word: str) -> str:
    """A word of ExecStart. Source: systemd.service(5), command lines; systemd.unit(5), specifiers."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if any(letter in escaped for letter in " \"'\\;") else escaped
