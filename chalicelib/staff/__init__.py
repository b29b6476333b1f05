"""Staff: the pseudonyms of the controller's operators, and the sealed register of them (ADR 27)."""
