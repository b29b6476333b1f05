"""The withdrawal of a consent (Art. 7(3) GDPR)."""
