"""Trying a run in the browser: what its network needs there, and what a wrong answer teaches."""
