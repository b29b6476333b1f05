"""The exit statuses of all commands."""

from __future__ import annotations

# 0: done, and in order.
FAILED = 1  # refused or failed; a line on stderr names the remedy
USAGE = 2  # called in a wrong way; nothing was done
NOT_IN_ORDER = 3  # done, and what it found is not in order, or not all of it is done
