"""Which run is better, and how sure are we: sides → matched curves → statistics → verdict."""
