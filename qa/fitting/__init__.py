"""Fitting: from labelled questions to the calibration that ships with a reader's weights.

`held_out` draws questions, `observations` asks them and keeps what their answers would be
decided from, `rules` fits a calibration to that by the `regression`s.
"""
