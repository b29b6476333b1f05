"""Infrastructure that every concept uses. Imports no concept (import-linter checks this)."""
