"""The metrics that a test printed, in the embedded metric format."""

import json
from typing import Any


def lines(text: str) -> list[dict[str, Any]]:
    """Return the printed lines of metrics, in order."""
    return [json.loads(line) for line in text.splitlines() if line.startswith('{"_aws"')]


def metric(text: str, name: str) -> Any:
    """Return the last values of a metric; None if it was not printed."""
    return next((line[name] for line in reversed(lines(text)) if name in line), None)
