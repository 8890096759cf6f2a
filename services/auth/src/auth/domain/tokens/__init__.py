"""API tokens: what they are, what they may be limited to, and the device login that gives one."""
