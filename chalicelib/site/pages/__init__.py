"""Pages that everyone may read: rights, recipients, certificates, figures, who we are (ADR 99)."""
