"""Makes Stream agree with the accounts: erased and drifted users, its events, cases."""
