"""What the pages ask of kdcore, and what they draw of its answers."""
