"""Telegram as a channel: adapter.py is what the program sees, poll.py reads, send.py speaks."""
