"""Watching: what is kept between two looks, what a look brings, and what that changes."""
