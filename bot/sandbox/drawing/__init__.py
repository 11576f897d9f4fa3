"""The sandbox's pictures and clips."""
