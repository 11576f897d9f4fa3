"""Exit statuses. UNUSABLE tells systemd that starting again will not help."""

OK, FAILED, USAGE, UNUSABLE, INTERRUPTED = 0, 1, 2, 78, 130
