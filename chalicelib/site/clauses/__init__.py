"""What the site states, as clauses: sentences in both languages with the facts and the law that they bind."""
