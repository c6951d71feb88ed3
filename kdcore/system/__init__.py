"""The machine: device, threads, precision, memory, processes and files."""
