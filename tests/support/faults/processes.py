"""Starts processes whose parent ignores signals."""

from __future__ import annotations

# Shells ignore SIGINT for background jobs, nohup ignores SIGHUP, and some supervisors ignore SIGTERM.
_IGNORING = ("sh", "-c", 'trap "" INT TERM HUP; exec "$@"', "sh")


def under_ignoring_parent(*command: str) -> list[str]:
    """Return the command with SIGINT, SIGTERM and SIGHUP ignored; it keeps the process id."""
    return [*_IGNORING, *command]
