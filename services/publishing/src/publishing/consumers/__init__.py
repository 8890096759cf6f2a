"""What arrives from Kafka: handlers decode and call one use case."""
