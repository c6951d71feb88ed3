"""Parts of pages: each file draws one of them."""
