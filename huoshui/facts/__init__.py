"""What we know: facts as they were told, each with the time it happened and the time we knew."""
