"""What the demo's people do, one step in each file, only through the gateway's public API."""
