"""What one would type without `ce`: scripts, run as ``python with_X.py {binary,multiclass} FILE``.

Each prints the mean log loss with 17 digits, the probability of the label clipped as
scikit-learn does it. Labels are 0 and 1 for `prob`, or the place of the class in `p_0 ... p_9`.
"""
