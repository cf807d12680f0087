"""What the engine runs, a file a kind of job."""
