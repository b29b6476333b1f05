"""Staff under pseudonyms (ADR 27), and what they record: disclosures and invoices."""
