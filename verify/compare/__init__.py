"""Two engines held against each other: where they differ, in what, and which of them is right.

``difference`` says what a difference is, ``classify`` what is behind two readings that are not the
same, ``search`` finds the smallest expressions, ``second`` what a second backward pass
over one graph gives, ``limits`` how deep and how often, ``training`` looks at networks; ``cost``
measures speed and memory.
"""
