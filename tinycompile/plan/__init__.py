"""From a graph with chosen kernels to a Program: order, lifetimes, offsets, and the checks on them."""
