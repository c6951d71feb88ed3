"""Knowledge distillation as a library: experiments, methods, a training loop that yields events, and runs."""

__version__ = "0.1.0"
