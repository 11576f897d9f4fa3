"""Voxline: an AI agent where people already talk.

Everything that makes the agent act is one row in the inbox. Everything it says is a row in the outbox.
Between them five verbs: accept, listen, think, speak, deliver.
The agent and the adapters both know the vocabulary; neither knows the other; only `app.py` introduces them.
A person's message, a reminder that fires, a finished video: the same row, the same path, the same order.
OpenRouter's quirks are pure functions in one ordered tuple.
The database is the truth; what runs on top of it only wakes a conversation and lets one runner at a time work on it.
"""

__version__ = "0.1.0"
