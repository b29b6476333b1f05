"""What every concept stands on. Imports no concept (import-linter holds it)."""
