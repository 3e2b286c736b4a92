"""Statistics of single tasks: numerosity, memory and delay, ability curves, looking over time, habituation."""
