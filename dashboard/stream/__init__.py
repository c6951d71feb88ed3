"""What browsers hear of runs while they train: one stream of server-sent events for all who watch the same run."""
