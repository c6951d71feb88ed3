"""What a program or a notebook calls: `kdcore.distill`, `kdcore.sweep`, `kdcore.soft_targets` and what they give. docs/python.md."""
