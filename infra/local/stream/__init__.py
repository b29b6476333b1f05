"""Our emulator of Stream Chat: it serves Stream's own SDKs, and refuses what Stream refuses.

It also refuses data that Stream would accept but must not get: any field of a user that the
server sends besides id, name and image.
"""

from infra.local.stream.control import Emulator
from infra.local.stream.options import Options
from infra.local.stream.running import child_emulator, running_emulator

__all__ = ["Emulator", "Options", "child_emulator", "running_emulator"]
