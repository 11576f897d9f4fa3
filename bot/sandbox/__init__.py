"""An offline OpenRouter on loopback: strict, scriptable, with real sound and real pictures."""
