"""What opens more of an account to a session: letting it in (ADR 68), and the routes of step-up."""
