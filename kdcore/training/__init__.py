"""The training loop: batches, teacher outputs, the cohort that learns in lockstep, and its events."""
