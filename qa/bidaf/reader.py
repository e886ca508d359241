"""The attention-flow reader: weights from a folder, passages in, spans out.

Inference only. Windows of one batch are padded to the longest: the recurrent layers read
words one after the other, so a batch costs what its longest passage costs.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qa.reading.settings import ReaderSettings, weights_digest
from qa.reading.span_reader import SpanReader
from qa.reading.windows import Window, stack_windows
from qa.types import Reading
from retrieval.types import Passage

if TYPE_CHECKING:
    from qa.bidaf.network import Bidaf
    from retrieval.encoding.bert import Precision

__all__ = ["BidafReader"]


class BidafReader(SpanReader):
    """Reads with bi-directional attention flow."""

    # A step of an LSTM takes nearly the same time for ten passages as for two.
    batch_tokens = 4096

    def __init__(self, network: Bidaf, *, settings: ReaderSettings, digest: str) -> None:
        """Join the parts; `load` is the usual way.

        Args:
            network: Trained.
            settings: How the weights are to be used.
            digest: Hex hash of the weights and all that belongs to them.
        """
        super().__init__(
            tokenizer=network.tokenizer,
            settings=settings,
            max_length=network.max_length,
            digest=digest,
        )
        self._network = network.eval()
        self._one_at_a_time = threading.Lock()

    @classmethod
    def load(cls, folder: str | Path, *, dtype: Precision = "auto") -> BidafReader:
        """Load what `frontdesk train bidaf` wrote.

        Args:
            folder: Holds it.
            dtype: What the LSTMs multiply in: "auto" takes what the processor computes
                fastest; "float32", "bfloat16".

        Raises:
            ReaderError: Something is missing or damaged.
        """
        import torch

        from qa.bidaf.storage import load_network
        from retrieval.encoding.bert import has_fast_bfloat16

        folder = Path(folder)
        settings = ReaderSettings.load(folder)
        network = load_network(folder)
        fast = dtype == "bfloat16" or (dtype == "auto" and has_fast_bfloat16())
        network.compute_in(torch.bfloat16 if fast else torch.float32)
        return cls(network, settings=settings, digest=weights_digest(folder))

    def read(
        self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
    ) -> Reading:
        """Read passages in their order; see `qa.types.Reader`."""
        # The numbers of words are void once the tokenizer forgets: one reading at a time.
        with self._one_at_a_time:
            reading = super().read(question, passages, deadline_s=deadline_s)
            self._network.forget()
        return reading

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """Return start and end logits of every window, each (2, tokens) float32."""
        import torch

        with torch.inference_mode():
            batch = stack_windows(windows, self._special, multiple=1)
            start, end = self._network.span_logits(batch)
            both = torch.stack([start, end], dim=1).numpy()
        return [both[row, :, : len(window)] for row, window in enumerate(windows)]

    def attentions(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return which words attend to which, both ways, in the window's places.

        Returns:
            (tokens, tokens) context to query: a row is a word of the passage (or [CLS]) and
            sums to 1 over the question's; (tokens,) query to context: sums to 1 over the
            passage and [CLS]. Elsewhere 0.
        """
        import torch

        with torch.inference_mode():
            batch = stack_windows([window], self._special, multiple=1)
            flow, parted = self._network.flow(batch)
        rows, columns = parted.passage[0].numpy(), parted.question[0].numpy()
        to_question = np.zeros((len(window), len(window)), dtype=np.float32)
        to_question[np.ix_(rows, columns)] = flow.to_question[0].numpy()
        to_passage = np.zeros(len(window), dtype=np.float32)
        to_passage[rows] = flow.to_passage[0].numpy()
        return to_question, to_passage
