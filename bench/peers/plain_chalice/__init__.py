"""The peers in Chalice without our route decorator; a module for each function."""
