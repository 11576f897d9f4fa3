"""`voxline doctor`: diagnoses the installation, one line for each check with its fix."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict

from bot.cli import checks, live
from bot.cli.exit_codes import FAILED, OK, UNUSABLE
from bot.cli.findings import Finding, Level, fail, ok, warn
from bot.cli.setup import Setup, add_places, open_setup, places
from bot.core.errors import ConfigError


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--offline", action="store_true", help="ask nobody over the network")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    try:
        setup = open_setup(args)
    except ConfigError as error:
        _tell([_broken(error)], as_json=args.json)
        return UNUSABLE
    findings = list(_findings(args, setup))
    if not args.offline:
        findings += asyncio.run(live.services(setup))
    _tell(findings, as_json=args.json)
    return FAILED if any(finding.level is Level.FAIL for finding in findings) else OK


def _findings(args: argparse.Namespace, setup: Setup) -> Iterator[Finding]:
    file, _ = places(args)
    yield ok("configuration", str(file) if file.exists() else f"{file} is not there: the defaults are used")
    yield from (warn("environment", note, "Mend it, or take it away.") for note in setup.around.notes)
    yield from checks.machine(setup)
    yield from checks.keys(setup)
    yield from checks.access(setup)
    yield from checks.making(setup)


def _broken(error: ConfigError) -> Finding:
    more = len(getattr(error, "__notes__", []))
    return fail("configuration", str(error), f"Mend it; {more} more: `voxline config check`." if more else "Mend it.")


def _tell(findings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        works = all(finding.level is not Level.FAIL for finding in findings)
        print(json.dumps({"ok": works, "findings": [asdict(finding) for finding in findings]}, ensure_ascii=False))
        return
    for finding in findings:
        print(finding)
    count = {level: sum(finding.level is level for finding in findings) for level in Level}
    if not count[Level.FAIL] and not count[Level.WARN]:
        print("\nEverything works.")
    else:
        print(f"\n{count[Level.FAIL]} to mend, {count[Level.WARN]} to look at.")
