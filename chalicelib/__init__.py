"""RU4M's account, chat-identity and privacy backend: fifteen rooms, each importing only rooms below it."""

import gc
import os

if os.environ.get("RU4M_FUNCTION"):
    # Imports make no garbage, and collections would search them again and again: a tenth of a cold start.
    # core/observe enables collections at the first run.
    gc.disable()
