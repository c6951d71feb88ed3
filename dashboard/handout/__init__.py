"""A page to hand out: one HTML file with the soft targets of some pictures and a finished run, that needs no server and no network.

It is made of the components that the app's pages are made of: their files are put into it as they are, with what the server
would have sent them. So it is made here and not in `kdcore.export`, which knows no screen: moving the components' files there would
have taken along their texts, charts and colours, most of this package. `kdcore.export.formats.page` starts
`python -m dashboard.handout` in a process of its own, as the server starts workers, and says so where this package is not installed.
"""
