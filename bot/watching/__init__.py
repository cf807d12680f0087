"""Watching, connected: the analysis of runs, what is stored, and what is said in Slack."""
