"""A thin client of the gateway's public API: one caller per person, one class per audience."""
