"""Work of operators: the admin API, breaches, reports, restores, and jobs that compose several rooms."""
