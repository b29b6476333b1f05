"""Username and password of an account: setting and removing them (ACC-3, ADR 106)."""
