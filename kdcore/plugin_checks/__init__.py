"""What a plugin owes, checked before anybody meets it: `python -m kdcore check-plugin FILE`."""

from kdcore.plugin_checks.every_check import check_file
from kdcore.plugin_checks.plugin_check import PluginCheck

__all__ = ["PluginCheck", "check_file"]
