"""Papers whose claims are measured again, one file each, found by being there: `python -m kdcore reproduce NAME`."""
