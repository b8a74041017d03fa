"""What runs got right and wrong."""
