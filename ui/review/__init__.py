"""Pieces of the Review page: the grid, the history, look-alikes, progress."""
