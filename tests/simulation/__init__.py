"""Deterministic simulation: the real engine, turns, delivery and SQLite under one seed. See docs/testing.md."""
