"""The one way out to the network, and what must never leave."""
