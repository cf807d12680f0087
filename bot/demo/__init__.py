"""The surroundings of the demo and of the tests: a local Slack workspace, a local W&B server."""
