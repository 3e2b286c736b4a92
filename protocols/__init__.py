"""YAML protocols, their schema, the planner, the session runner, the PsychoPy presenter, simulations."""
