"""Steps and duties that several rights share. Only workers import them."""
