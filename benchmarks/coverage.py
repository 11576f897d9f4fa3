"""Line and branch coverage of the last `make coverage`, and the ten modules that are covered least."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from coverage import Coverage

LEAST_COVERED = 10


def main() -> None:
    """Reads `.coverage` of this folder and prints the shares and a table."""
    measured = Coverage()
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "coverage.json")
        measured.json_report(outfile=str(report))
        figures = json.loads(report.read_text())
    totals = figures["totals"]
    lines = totals["covered_lines"] / totals["num_statements"]
    branches = totals["covered_branches"] / totals["num_branches"]
    print(f"lines {lines:.1%} of {totals['num_statements']}, branches {branches:.1%} of {totals['num_branches']}")
    modules = [(file["summary"]["percent_covered"], path) for path, file in figures["files"].items()]
    for share, path in sorted(modules)[:LEAST_COVERED]:
        print(f"{share:6.1f} %  {path}")


if __name__ == "__main__":
    main()
