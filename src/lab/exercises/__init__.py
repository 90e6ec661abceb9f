"""The exercises of the lessons: each has a name, computes its answer, and tells what is wrong with another one."""
