"""The packages of the wheel; all else is in pyproject.toml.

The folder assets stands at the top of the checkout, where people find it. In a wheel it is inside the package that reads it: a package
called assets would be everybody's.
"""

from setuptools import find_namespace_packages, setup

SHIPPED_ASSETS = ("", ".teachers", ".methods", ".reproductions")
"""Not the README's pictures."""

setup(
    packages=[
        *find_namespace_packages(include=["kdcore*", "dashboard*"]),
        *(f"kdcore.assets{part}" for part in SHIPPED_ASSETS),
    ],
    package_dir={"kdcore.assets": "assets"},
)
