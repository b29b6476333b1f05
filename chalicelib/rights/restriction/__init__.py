"""The right to restriction (Art. 18 GDPR, ADR 48). The steps also weigh, uphold and end objections."""
