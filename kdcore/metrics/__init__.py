"""What a network's outputs are worth, and what a trained network knows: pure functions."""
