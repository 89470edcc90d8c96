"""`distgroup select` without the command line: tables in, selectors over budgets, answers out."""
