"""What two processes must agree on: envelope, events, topics, manifest, identity claims, version order."""
