"""One file a command, named as it is typed: `add` declares its flags, and the function beside it carries it out.

Commands share `shared` (how one is declared, folders, a run by its first characters, tables) and `progress` (what is seen
of a training, and how Ctrl-C stops it). Whatever takes torch with it is imported in the function that needs it, so that
`--help` answers at once.
"""
