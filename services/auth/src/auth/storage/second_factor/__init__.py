"""Second factors: the factors themselves in PostgreSQL, challenges in Redis."""
