"""Plugins for tests: the manual's, and wrong ones; a folder of them, known as long as a test runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from kdcore import plugins
from tests.manual import blocks, new_file, page

METHOD = new_file(page("docs/extending.md"), "kdcore/methods/trusted_teacher.py")
FORMAT = new_file(page("docs/extending.md"), "kdcore/export/formats/markdown.py")
NETWORK = next(blocks(page("docs/plugins.md"), "python"))
OF_THE_MANUAL = {"trusted_teacher.py": METHOD, "markdown.py": FORMAT, "patch_net.py": NETWORK}


@contextmanager
def plugin_folder(folder: Path, files: Mapping[str, str]) -> Iterator[Path]:
    """The files are this process's plugins, and those of processes that it starts; afterwards nothing is left of them."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(plugins.SETTING, str(folder))
        plugins.forget()
        try:
            yield folder
        finally:
            plugins.forget()
