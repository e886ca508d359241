"""Training: from questions in SQuAD's format to the weights of a reader.

`loop` trains what a `trainee` is, on the batches of a `training_set`, by a `recipe`; its
unanswerable questions come from `negatives`. `averaging` joins several runs into one.
"""
