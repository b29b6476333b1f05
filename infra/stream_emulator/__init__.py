"""Our emulator of Stream Chat: it serves Stream's own SDKs, and refuses what Stream refuses.

README.md says what it models. `house_rules` holds the refusals that are RU4M's and not Stream's.
"""

from infra.stream_emulator.control import Emulator
from infra.stream_emulator.options import Options
from infra.stream_emulator.running import child_emulator, running_emulator

__all__ = ["Emulator", "Options", "child_emulator", "running_emulator"]
