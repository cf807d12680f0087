"""Watching: what a channel subscribed to, how it wants to be told, and what it does not want."""
