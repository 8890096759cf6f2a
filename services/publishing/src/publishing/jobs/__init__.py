"""What the work role does on its own."""
