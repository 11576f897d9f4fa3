"""Import name clash: another library's `channels` installed over ours, in one sentence instead of a traceback.

Only the standard library is imported here, and `channels` is read, not run: a stranger's package may do anything.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

OURS = "def make_channels("  # what the first file of our own package defines
CLASH = (
    "the Python package 'channels' in {folder} is another program's: Django's has the same name and was installed over"
    " ours. Install Voxline into an environment of its own, such as by `uv tool install voxline` or"
    " `pipx install voxline`."
)


def channels_folder() -> Path | None:
    """The folder that `import channels` would take, or None where there is none."""
    spec = importlib.util.find_spec("channels")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]).resolve() if places else None


def clash() -> str:
    """What is wrong with `channels` and what to do, in one sentence; "" where it is ours."""
    folder = channels_folder()
    if folder is None:
        return "the Python package 'channels' is missing: install Voxline again, into an environment of its own."
    try:
        ours = OURS in (folder / "__init__.py").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        ours = False
    return "" if ours else CLASH.format(folder=folder)
