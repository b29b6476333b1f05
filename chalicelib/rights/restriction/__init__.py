"""The right to restriction (Art. 18 GDPR, ADR 48). The steps also uphold and end objections."""
