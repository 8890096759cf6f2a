"""The HTTP cache of public reads: RFC 9111 with groups (RFC 9875), in this process."""
