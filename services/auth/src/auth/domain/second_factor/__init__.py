"""The second factor: one-time codes, security keys, recovery codes, and how their secrets are kept."""
