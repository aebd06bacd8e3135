# paper.mk - paper.pdf from generated macros, tables and figures.
