"""What a person or a machine touches: the HTTP API, the console, the command line."""
