"""Exit statuses. UNUSABLE tells systemd that starting again will not help."""

from __future__ import annotations

from bot.core.errors import VoxlineError

OK, FAILED, USAGE, UNUSABLE, INTERRUPTED = 0, 1, 2, 78, 130


class WrongUsage(VoxlineError):
    """The command line makes no sense."""
