"""The async core: sources of runs, detectors, reports. Usable alone, without Slack."""
