"""Mails that wait to be sent, the tokens that were sent, and accounts that wait for theirs."""
