"""The comparison of our functions with the same functions in other frameworks (`make bench-peers`).

A framework is one file (`powertools`, `fastapi_mangum`, `plain_chalice`, `bare`, and `reference` for cold
starts), of which `RU4M_FUNCTION` chooses a function, as in our app.py. `fixture` makes the state and the
requests, `equality` checks that all do the same job, `runner` starts processes and measures them, each of
which is `serve`, and `report` writes the tables.
"""
