"""All SQL, and all that is kept in Redis."""
