"""Messages to people: each has a purpose, and is sent only where that purpose is permitted (USE-5)."""
