"""Pages for a browser: plain HTML that needs no script, one style sheet, nothing from elsewhere."""
