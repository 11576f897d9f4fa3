"""`voxline config`: check the file, see where it lies, bring one over from OpenClaw."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bot.cli.doubts import doubts
from bot.cli.exit_codes import OK
from bot.cli.setup import add_places, open_setup, places
from bot.cli.subcommands import Group
from bot.config.files import write_private
from bot.config.import_openclaw import Imported, bring_over
from bot.config.json5 import is_blank
from bot.config.load import read
from bot.config.model import json_schema
from bot.config.openclaw_consequences import consequences
from bot.core.errors import ConfigError


def add(parser: argparse.ArgumentParser) -> None:
    commands = Group(parser)

    checked = commands.add("check", "say whether the file can be used")
    checked.set_defaults(run=check)

    shown = commands.add("path", "print where configuration and state lie")
    shown.set_defaults(run=show_places)

    schema = commands.add("schema", "print the JSON Schema of the file, for editors")
    schema.set_defaults(run=show_schema)

    imported = commands.add("import", "bring over a configuration made for OpenClaw")
    imported.add_argument("source", type=Path, metavar="FILE", help="such as ~/.openclaw or ~/.openclaw/openclaw.json")
    imported.add_argument("-v", "--verbose", action="store_true", help="say key by key what became of it")
    imported.add_argument("--force", action="store_true", help="replace a configuration that is there already")
    imported.add_argument("--dry-run", action="store_true", help="only say what would happen")
    imported.set_defaults(run=import_file)

    for command in (checked, shown, imported):
        add_places(command)


def check(args: argparse.Namespace) -> int:
    setup = open_setup(args)
    file = setup.file
    from bot.cli.rehearsal import refusals  # slow to load

    mistakes = list(refusals(args, setup))
    for later in mistakes[1:]:
        mistakes[0].add_note(str(later))
    if mistakes:
        raise mistakes[0]
    for finding in doubts(setup):
        if finding.fix:
            print(finding)
    print(f"{file} can be used." if file.exists() else f"{file} does not exist: the defaults are used.")
    return OK


def show_places(args: argparse.Namespace) -> int:
    file, state = places(args)
    print(f"configuration  {file}\nstate          {state}")
    return OK


def show_schema(_: argparse.Namespace) -> int:
    print(json.dumps(json_schema(), indent=2))
    return OK


def import_file(args: argparse.Namespace) -> int:
    file, _ = places(args)
    source = args.source.expanduser()
    source = source / "openclaw.json" if source.is_dir() else source
    text = read(source)
    if text is None:
        raise ConfigError("there is no such file", file=str(source), fix="Name the OpenClaw configuration.")
    imported = bring_over(text, str(source))
    if args.verbose:
        _report(imported)
    print("\n".join(consequences(imported.notes)))
    if not args.verbose:
        print("-v says it key by key.")
    if args.dry_run:
        return OK
    written = read(file) or ""
    if written == imported.text:
        print(f"\n{file} says all of this already.")
        return OK
    if not is_blank(written) and not args.force:
        raise ConfigError(
            "a configuration is there already", file=str(file), fix="Use --force to replace it, or --config elsewhere."
        )
    write_private(file, imported.text)
    print(f"\nWritten to {file}. Look it over, then run `voxline doctor`.")
    return OK


def _report(imported: Imported) -> None:
    for note in imported.notes:
        detail = f"  {note.detail}" if note.detail else ""
        print(f"{note.fate:<15}{note.path}{detail}")
