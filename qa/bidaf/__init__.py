"""The attention-flow reader: layers, network, words, reader."""
