"""The encoders BERT and MPNet as a forward pass over packed token sequences, for CPUs.

Serves the sentence encoder and the extractive readers. It reads `config.json` and the weights
itself: importing `transformers` would cost half of a cold start. It is not for training, and
knows the original BERT encoder (Devlin et al. 2019, section 3) with learned absolute positions
and layer norm after each block, and MPNet (Song et al. 2020), which is the same but for a bias
by the distance of two tokens (`positions.py`), no token types, and other names.

What makes it fast on a CPU, each measured:

- Sequences lie one behind the other in every linear layer (`packing.py`). Only attention
  pads, and only among sequences of nearly one length (`attention.py`).
- Numbers of rows are rounded up to few different ones (`packing.rounded`): oneDNN compiles a
  kernel for each that it meets, and remembers so many of them.
- Weights are laid out once for oneDNN (`linear.py`). On processors that are not Intel's this
  doubles even the float32 rate, since MKL takes a slow path there.
- bfloat16 where the processor multiplies it natively (`precision.py`): twice the rate of
  float32 again.
- Tokens go through all layers a cacheful at a time (`packing.split_chunks`), so activations stay
  near the core.

Shapes, in every file here: tokens, hidden, heads, width (hidden / heads), rows (sequences of
one group), places (columns of its padded grid).
"""

from retrieval.encoding.bert.encoder import PackedBert
from retrieval.encoding.bert.precision import Precision, has_fast_bfloat16
from retrieval.encoding.bert.shape import ARCHITECTURES, BertShape

__all__ = ["ARCHITECTURES", "BertShape", "PackedBert", "Precision", "has_fast_bfloat16"]
