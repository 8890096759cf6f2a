"""One recipe per server: how it is configured, prepared, started and asked whether it works."""
