"""Messages to people: each has a purpose, and is sent only if that purpose is permitted (USE-5)."""
