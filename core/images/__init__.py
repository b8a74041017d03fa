"""Safe reading of pictures and their working copies."""
