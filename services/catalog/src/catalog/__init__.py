"""The public read model of the marketplace, its reviews and its install counts."""
