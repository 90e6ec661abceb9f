"""The exercises of the lessons: each has a name, computes its answer, and says what is wrong with a wrong one."""
