"""Plumbing that any service of any company could use; it knows no business noun."""
