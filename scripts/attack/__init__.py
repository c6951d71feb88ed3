"""A campaign of hostile links, messages and requests against a server of its own: seeded, bounded, on this machine only."""
