"""API tokens in PostgreSQL, what the gateway reads of them in Redis, and logins of devices."""
