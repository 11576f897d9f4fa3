"""An offline OpenRouter on loopback: strict, scriptable, with real sound and real pictures."""

from bot.sandbox.server import Sandbox

__all__ = ["Sandbox"]
