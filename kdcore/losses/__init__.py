"""Losses as pure tensor functions, one file a family: no state, no configuration, no knowledge of a method.

Every loss takes logits [..., N, C], reduces the last two dimensions by the mean over the N images of the sum over the C
classes, and returns [...]: leading dimensions are the members of a cohort. Teachers never receive a gradient.
"""
