"""The parts of the store of found numbers that other rooms use (ADR 118)."""

from chalicelib.accounts.discovery.store import FoundRow, found_by  # noqa: F401 - offered to other rooms
