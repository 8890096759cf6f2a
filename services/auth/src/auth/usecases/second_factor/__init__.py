"""The second factor: presenting one, and adding and removing them."""
