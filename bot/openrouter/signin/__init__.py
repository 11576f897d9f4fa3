"""Signing in with OAuth PKCE, and keys that are typed in."""
