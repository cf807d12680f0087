"""The conversation: who speaks, what a thread is about, which run is meant, what was asked back."""
