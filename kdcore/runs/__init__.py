"""Runs as records: the store, the worker process that trains, and the manager that queues and watches."""
