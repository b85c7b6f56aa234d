"""Colours of what is categorical: Okabe & Ito 2008, safe for colour-blind readers."""

CATEGORY_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#1a1a1a")
