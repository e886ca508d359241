"""Fitting: from labelled questions to a calibration, or to a knowledge base's own threshold.

`held_out` draws questions, `observations` asks them and keeps what their answers would be
decided from, `rules` fits a calibration to that by the `regression`s: what ships with a
reader's weights (`frontdesk train calibration`). `bounding` is `frontdesk calibrate`: the lowest
threshold that keeps wrong answers under a bound.
"""
