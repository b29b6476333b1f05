"""Stream's part of a copy: its export, downloaded and redacted."""
