"""`voxline demo`: the whole program on this machine against the sandbox provider."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from bot.app_demo import demo


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=port, default=8765, metavar="N", help="the port of the local page (default 8765; 0 for any)"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="keep what was said there (default: nowhere)")
    parser.set_defaults(run=run)


def port(text: str) -> int:
    """A port; 0 for any that is free."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: write 0 to 65535")
    return int(text)


def run(args: argparse.Namespace) -> int:
    return asyncio.run(demo(args.state_dir, args.port, not args.no_browser))
