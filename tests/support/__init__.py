"""Shared parts of the suites: builders, the world, counting, canaries."""
