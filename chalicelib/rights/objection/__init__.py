"""The right to object, also to direct marketing, by the app or a link in a mail (Art. 21 GDPR)."""
