"""Reports as pictures: PNG bytes, drawn off the event loop, the same bytes for the same curves."""
