"""Training: the quick head, fine-tuning, and the jobs that run them."""
