"""How a sign-in fails."""

from __future__ import annotations

from bot.core.errors import VoxlineError


class SignInFailed(VoxlineError):
    """No key was issued. The message says why, and never holds code, verifier or key."""

    tell = "Signing in to OpenRouter did not work."
