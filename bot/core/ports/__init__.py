"""Ports: the protocols between the agent and the world, one module for each side of it."""
