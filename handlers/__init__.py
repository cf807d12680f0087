"""Slack in, Slack out: requests become commands, reports become messages."""
