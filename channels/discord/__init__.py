"""Discord: gateway and REST API as one channel of the daemon."""
