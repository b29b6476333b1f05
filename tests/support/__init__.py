"""Shared parts of the suites: builders, the world, counted calls, canaries."""
