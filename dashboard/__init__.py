"""The laboratory's pages: they ask kdcore's manager and draw; nothing here trains."""
