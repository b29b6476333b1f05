"""Shared parts of the suites: clouds, the world, cases, jobs, pages, Stream, faults, seeds, canaries."""
