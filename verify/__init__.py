"""Are the gradients of a scalar autograd engine right?"""
