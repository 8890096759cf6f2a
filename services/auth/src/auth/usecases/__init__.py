"""What can be done: one class, one transaction each, and the steps that several share."""
