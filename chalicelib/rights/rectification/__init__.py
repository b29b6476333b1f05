"""The right to rectification (Art. 16 GDPR), and the notices to recipients of the data (Art. 19 GDPR)."""
