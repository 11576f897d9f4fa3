"""Subcommands of the argument parser, each with a help of its own."""

from __future__ import annotations

import argparse
import sys

from bot.cli.exit_codes import USAGE


class Group:
    """The commands below a parser. Called alone it shows them, with the status of wrong usage."""

    def __init__(self, parser: argparse.ArgumentParser, *, metavar: str = "COMMAND") -> None:
        self._below = parser.add_subparsers(title="commands", metavar=metavar)
        parser.set_defaults(run=lambda _: _shown(parser))

    def add(self, name: str, purpose: str) -> argparse.ArgumentParser:
        """A subcommand; `purpose` is its help, in lower case and without a full stop."""
        parser: argparse.ArgumentParser = self._below.add_parser(
            name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.", allow_abbrev=False
        )
        return parser


def _shown(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return USAGE
