"""Messages to our support: a person writes, an operator answers, a job mails the answer (USE-10, ADR 100)."""
