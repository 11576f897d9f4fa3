"""How this very program is called from where the person is."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

NAME = "voxline"


def command() -> str:
    """`voxline` where the shell finds this installation by that name; else its path, from here when it is below."""
    script = Path(sys.executable).with_name(NAME)
    found = shutil.which(NAME)
    if found and script.exists() and Path(found).samefile(script):
        return NAME
    if not script.exists():
        return f"{shlex.quote(sys.executable)} -m bot"
    here = Path.cwd()
    return shlex.quote(str(script.relative_to(here) if script.is_relative_to(here) else script))
