"""`voxline doctor`: diagnoses the installation, one line for each check with its fix."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict

from bot.cli import checks, live
from bot.cli.doubts import as_finding, doubts
from bot.cli.exit_codes import FAILED, OK, UNUSABLE
from bot.cli.findings import Finding, Level, fail, ok, warn
from bot.cli.setup import Setup, add_places, open_setup, places
from bot.core.errors import ConfigError, VoxlineError
from bot.import_names import clash


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
    _tell(findings, as_json=args.json, unasked=_unasked(setup) if args.offline else 0)
    return FAILED if any(finding.level is Level.FAIL for finding in findings) else OK


def _findings(args: argparse.Namespace, setup: Setup) -> Iterator[Finding]:
    file, _ = places(args)
    yield ok("configuration", str(file) if file.exists() else f"{file} is not there: the defaults are used")
    yield from (as_finding(error) for error in rehearsed(args, setup))
    yield from (warn("environment", note, "Mend it, or take it away.") for note in setup.around.notes)
    yield from checks.machine(setup)
    yield from checks.keys(setup)
    yield from checks.access(setup)
    yield from checks.making(setup)
    yield from doubts(setup)


def rehearsed(args: argparse.Namespace, setup: Setup) -> Iterator[VoxlineError]:
    """The refusals of a start; none where `channels` is another program's, which is a finding of its own."""
    if clash():
        return
    from bot.cli.rehearsal import refusals  # imports `channels`

    yield from refusals(args, setup)


def _broken(error: ConfigError) -> Finding:
    more = len(getattr(error, "__notes__", []))
    return fail("configuration", str(error), f"Mend it; {more} more: `voxline config check`." if more else "Mend it.")


def _unasked(setup: Setup) -> int:
    """How many checks need the network."""
    configured = setup.config.channels
    on = [channel for channel in (configured.telegram, configured.discord) if channel is not None and channel.enabled]
    return 1 + len(on)


def _tell(findings: list[Finding], *, as_json: bool, unasked: int = 0) -> None:
    if as_json:
        works = all(finding.level is not Level.FAIL for finding in findings)
        print(json.dumps({"ok": works, "findings": [asdict(finding) for finding in findings]}, ensure_ascii=False))
        return
    for finding in findings:
        print(finding)
    count = {level: sum(finding.level is level for finding in findings) for level in Level}
    if not count[Level.FAIL] and not count[Level.WARN]:
        asked = f"Nothing wrong was found; {unasked} {'check needs' if unasked == 1 else 'checks need'} the network."
        print(f"\n{asked if unasked else 'Everything works.'}")
    else:
        print(f"\n{count[Level.FAIL]} to mend, {count[Level.WARN]} to look at.")
