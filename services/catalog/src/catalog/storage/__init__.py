"""Tables and all SQL."""
