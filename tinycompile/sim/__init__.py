"""Simulation: the Graph as reference, the Program in its arena."""
