"""The page of a class: made, joined, prepared, presented, voted in and handed in."""
