"""What is outside of PostgreSQL: buckets and the scanning process."""
