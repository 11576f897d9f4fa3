"""Slash commands, one small file per group."""
