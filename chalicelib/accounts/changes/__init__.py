"""Changes of one account: its number, its language, its state."""
