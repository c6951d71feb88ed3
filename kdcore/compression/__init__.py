"""Other ways than distillation to make a network small, so that a student can be compared with them."""
