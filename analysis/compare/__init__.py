"""A model against children: differences by age, equivalence, age and experience equivalents, yoked pairs."""
