"""All SQL of the schema."""
