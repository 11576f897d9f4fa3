"""The verbs every message walks: accept, listen, think, speak, deliver."""
