"""How the documentation is built: Markdown pages, and a reference generated from the installed package."""

import sys
from pathlib import Path

import regwire

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "regwire"
author = "the regwire authors"
copyright = "the regwire authors, Apache-2.0"
version = release = regwire.__version__
extensions = ["myst_parser", "reference", "tables"]
exclude_patterns = ["_build", "_ext", "_templates"]
html_theme = "furo"
html_title = f"regwire {version}"
html_show_sourcelink = False
# Blocks without a language are wire examples, trees and diagrams: no lexer fits them all.
highlight_language = "none"
# Pages are read in editors and in code hosting too: relative links to files and headings must work there and here.
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist"]
# myst.header: docstrings start below level 1. ref.python: a type in a signature may be a name of two modules.
# misc.highlighting_failure: design notes sketch; what must run, tests run.
suppress_warnings = ["myst.header", "misc.highlighting_failure", "ref.python"]
