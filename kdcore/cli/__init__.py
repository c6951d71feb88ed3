"""The command line: `main` parses it, `commands/` has one file per command."""
