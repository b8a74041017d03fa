"""What the model is most wrong about, worst first."""
