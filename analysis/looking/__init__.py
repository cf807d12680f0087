"""The parts of a look at many runs: what it is asked, what it asks for, what it answers."""
