"""Slack beyond messages: cards under links, the home tab, the agent's conversation, votes."""
