"""A report becomes a message: pure functions, no I/O, no clock."""
