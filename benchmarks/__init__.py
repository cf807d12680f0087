"""Measurements that are not tests: how good, how fast, how much."""
