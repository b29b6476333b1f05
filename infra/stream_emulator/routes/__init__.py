"""The endpoints, one module by noun. All of them are registered when this package is imported."""

from __future__ import annotations

import importlib
import pkgutil

from infra.stream_emulator.call import CHAT, TOP

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

ROUTES = (*TOP.endpoints, *CHAT.endpoints)
