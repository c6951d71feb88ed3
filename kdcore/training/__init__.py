"""The training loop: batches, the teacher's outputs, the cohort that learns in lockstep, and its events."""
