"""What a stored or bundled network answers: asked in a process of its own, and kept."""
