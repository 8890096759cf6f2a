"""Accounts, sessions, anonymous identities, roles and developer profiles."""
