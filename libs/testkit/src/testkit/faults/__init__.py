"""Faults on purpose: a platform whose programs and servers a test may kill, and ways to tell what was lost."""
