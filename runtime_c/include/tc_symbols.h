/* Stand-in for the generated file of the same name: the plain tc_* names, for tests of kernels alone. */
