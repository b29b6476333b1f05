"""Reports of abuse, decisions about them, and appeals (SAF-1, ADR 114)."""
