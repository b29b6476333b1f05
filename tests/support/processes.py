"""Starting processes as a parent that ignores signals."""

from __future__ import annotations

# As a shell does for background jobs (SIGINT), nohup (SIGHUP), and a carelessly written supervisor.
_IGNORING = ("sh", "-c", 'trap "" INT TERM HUP; exec "$@"', "sh")


def under_ignoring_parent(*command: str) -> list[str]:
    """Return the command with SIGINT, SIGTERM and SIGHUP ignored; it keeps the process id."""
    return [*_IGNORING, *command]
