"""The whole platform on one machine: five servers and every service under one supervisor."""
