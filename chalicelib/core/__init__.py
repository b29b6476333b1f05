"""Infrastructure that every room uses: time, ids, settings, HTTP, tables, keys, chains, metrics."""
