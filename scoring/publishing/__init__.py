"""Documents for people, written as Markdown, HTML and PDF from one description of what they say.

What somebody typed as Markdown becomes such a description too (`reading`), so that it is safe in all three.
"""
