"""The parts of the held records that other concepts use."""

from chalicelib.retention.held.model import KeepReasons, keep_reasons, statute
from chalicelib.retention.held.store import KeepRun, delete, digests, held_records, keep

__all__ = [
    "KeepReasons",
    "KeepRun",
    "delete",
    "digests",
    "held_records",
    "keep",
    "keep_reasons",
    "statute",
]
