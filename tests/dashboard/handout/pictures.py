"""Pictures and networks for a page, made up, with names that somebody chose who means no good."""

from __future__ import annotations

from dashboard.components.soft_targets import SoftTargetData
from dashboard.handout.explorer import ExplorerSet

SCRIPTED = "</script><script>globalThis.caught = 1</script>"
PICTURED = "<img src=x onerror='globalThis.caught = 2'>"
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="


def scripted_set(images: int = 3) -> ExplorerSet:
    """Pictures of three classes, two of whose names would be a program where they are taken for HTML."""
    data: SoftTargetData = {
        "networks": [{"role": "teacher", "title": PICTURED}],
        "classes": [SCRIPTED, PICTURED, "plain"],
        "images": [
            {"src": PIXEL, "label": 0, "title": f"{SCRIPTED} {n}", "logits": [[3.0, 1.0 + n, -2.0]]}
            for n in range(images)
        ],
        "beside_lesson": False,
        "mode": "gallery",
        "morph": None,
        "index": images - 1,
        "temperature": 4.0,
        "log": False,
        "mean_entropy": None,
    }
    return ExplorerSet(SCRIPTED, data)
