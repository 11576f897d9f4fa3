"""Online backup: a copy of the database while the daemon runs."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.core.errors import StateError


def back_up(database: Path, file: Path) -> None:
    """A whole copy of the database as it is at this moment; `file` appears when it is complete.

    Reads on a connection of its own, from one snapshot: the writer is not held up. Raises `StateError`."""
    draft = file.with_name(f"{file.name}.draft")
    try:
        if file.exists():
            raise StateError(f"{file} is there already; choose another name for the backup")
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        with (
            closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(draft)) as copy,
        ):
            source.backup(copy)
        draft.rename(file)
    except (OSError, sqlite3.Error) as error:
        draft.unlink(missing_ok=True)
        raise StateError(
            f"cannot write the backup {file}: {error}; choose a folder that the daemon can write"
        ) from error
