"""One drawing a noun; a module registers its nouns when it is imported.

What the drawings are made of is in `devkit.toybox.clay`, `paint` and `shapes`.
"""

from devkit.toybox.drawings import clothes, farm, food, home, kitchen, outside, toys, vehicles, wild

__all__ = ["clothes", "farm", "food", "home", "kitchen", "outside", "toys", "vehicles", "wild"]
