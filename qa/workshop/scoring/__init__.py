"""Evaluation: how well readers read, how well questions are answered, and how fast.

`answers` asks the `questions` of a file end to end and `judging` says what is right;
`reader` scores a reader by SQuAD's rules; `speed` times answering.
"""
