"""Messages to people, each sent only if its purpose is permitted (USE-5)."""
