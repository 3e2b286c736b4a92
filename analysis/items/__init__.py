"""Item by item: which items are hard for whom, how answers are distributed, and how words grow."""
