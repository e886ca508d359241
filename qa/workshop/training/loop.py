"""Train a reader to quote answers, and to see that there is none: one loop for all kinds.

The method of Devlin et al. (2019), section 4.2 and 4.3: a linear head scores every token
as start and as end; "no answer" points both at [CLS]. What is our own: unanswerable
questions are made (in `negatives`), contexts are cropped around the answer to windows of
varying length, and the arithmetic runs in bf16 against float32 master weights where the
machine has it.

The whole order of batches follows from recipe, seed and training files; a step depends on
nothing else but the weights. So a run that is resumed takes the same steps as an unbroken
one. A time budget (`max_minutes`) makes the learning rate follow the clock where that is
faster than the steps; two such runs differ.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import torch

from qa.errors import TrainingError
from qa.workshop.scoring.squad import developing_examples
from qa.workshop.training.batches import batch_parts, plan_batches
from qa.workshop.training.checkpoint import CHECKPOINT_NAME, load_checkpoint, save_checkpoint, under
from qa.workshop.training.loss import span_loss
from qa.workshop.training.measuring import choose_threshold, evenly, measure
from qa.workshop.training.optimizer import MasterWeights
from qa.workshop.training.recipe import Recipe
from qa.workshop.training.reports import Progress, TrainingReport, Validation, run_signature
from qa.workshop.training.stopping import asked_to_stop
from qa.workshop.training.trainee import Trainee, bert_trainee
from qa.workshop.training.training_set import TrainingFile, load_training_set
from retrieval.system.allocator import keep_freed_memory

__all__ = [
    "Progress",
    "TrainingFile",
    "TrainingReport",
    "Validation",
    "train_reader",
]

Prepare = Callable[[Recipe, torch.device], Trainee]
"""Recipe and device → a network that is about to be trained."""

_CHECKPOINT_MINUTES = 6.0
_TELL_SECONDS = 5.0


def train_reader(
    recipe: Recipe,
    files: Sequence[TrainingFile],
    out: Path,
    *,
    develop: Sequence[Path] = (),
    max_minutes: float | None = None,
    resume: bool = False,
    prepare: Prepare = bert_trainee,
    max_steps: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> TrainingReport:
    """Train a reader and write it to `out` as a model folder.

    Args:
        recipe: Every choice that shapes the weights.
        files: What to train on; questions without answers are taken as they are.
        out: Gets the checkpoint during the run, the model folder and `training.json`
            at its end.
        develop: SQuAD 2.0 files whose first half of articles, in alphabetical order of
            titles, chooses the threshold below which the reader refuses; without them,
            held-out articles with made negatives do, which are easier to tell and give a
            lower one. Nothing is trained on them.
        max_minutes: End after so long, with the learning rate at 0 by then.
        resume: Go on from the checkpoint in `out`.
        prepare: Makes the network that a recipe describes.
        max_steps: Break off after so many steps with a checkpoint, as a kill would.
        progress: Called every few seconds.

    Raises:
        TrainingError: Nothing to train on, `out` holds a checkpoint that isn't resumed, a
            checkpoint of other data or another recipe, or a loss that isn't a number.
        ExampleError: A training file can't be read.
    """
    keep_freed_memory()
    n_threads = torch.get_num_threads()
    run = _Run(
        recipe,
        files,
        out,
        develop=develop,
        max_minutes=max_minutes,
        resume=resume,
        prepare=prepare,
    )
    # Each worker computes alone (a batch's parts meet once a step), and so does this thread.
    torch.set_num_threads(1)
    try:
        return run.go(max_steps=max_steps, progress=progress)
    finally:
        torch.set_num_threads(n_threads)
        run.workers.shutdown()


class _Run:
    """One training run: the plan, the weights, and the clock."""

    def __init__(
        self,
        recipe: Recipe,
        files: Sequence[TrainingFile],
        out: Path,
        *,
        develop: Sequence[Path],
        max_minutes: float | None,
        resume: bool,
        prepare: Prepare,
    ) -> None:
        if not resume and (out / CHECKPOINT_NAME).exists():
            msg = (
                f"{str(out)!r} holds the checkpoint of an earlier run. Give --resume to go on with "
                "it, or another folder."
            )
            raise TrainingError(msg)
        self.recipe, self.out, self.max_minutes = recipe, out, max_minutes
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.trainee = trainee = prepare(recipe, self.device)
        self.model, self.special, longest = trainee.model, trainee.special, trainee.longest
        if longest and max(recipe.max_window_tokens, recipe.read_max_tokens) > longest:
            msg = (
                f"The encoder {recipe.encoder!r} reads at most {longest} tokens. Lower "
                f"max_window_tokens ({recipe.max_window_tokens}) and read_max_tokens "
                f"({recipe.read_max_tokens}) in the recipe."
            )
            raise TrainingError(msg)
        if recipe.masked_share and trainee.mask is None:
            msg = (
                f"The encoder {recipe.encoder!r} knows no [MASK]. Set masked_share "
                f"({recipe.masked_share}) to 0 in the recipe."
            )
            raise TrainingError(msg)
        self.training = load_training_set(recipe, files, trainee.tokenizer, max_tokens=longest)
        self.plan = plan_batches(self.training, recipe)
        # Read now: a file that is missing should be known before the hours of training.
        developing = developing_examples(develop)
        self.threshold_questions = evenly(
            developing or self.training.threshold_questions, recipe.threshold_questions
        )
        self.steps = len(self.plan) // recipe.accumulate
        if self.steps == 0:
            msg = (
                f"{len(self.training.items)} windows make no batch of {recipe.batch_size} times "
                f"{recipe.accumulate}. Give more questions, or lower batch_size or accumulate."
            )
            raise TrainingError(msg)
        self.signature = run_signature(recipe, self.training.sha256, self.device, trainee.dtype)
        self.masters = MasterWeights(
            self.model,
            trainee.originals,
            weight_decay=recipe.weight_decay,
            clip_norm=recipe.clip_norm,
        )
        # Masks are drawn from one generator: with dropout, threads would race for it.
        alone = self.device.type == "cuda" or recipe.dropout > 0
        self.workers = ThreadPoolExecutor(
            1 if alone else min(trainee.parts, torch.get_num_threads()),
            initializer=torch.set_num_threads,
            initargs=(1,),
        )
        self.out.mkdir(parents=True, exist_ok=True)
        self.step = 0
        self.seconds_before = 0.0
        self.validations: list[Validation] = []
        if resume:
            self._restore()
        self.began = time.monotonic()

    # -- the loop ---------------------------------------------------------------------

    def go(
        self, *, max_steps: int | None, progress: Callable[[Progress], None] | None
    ) -> TrainingReport:
        """Take the steps; write checkpoints, measure, and export at the end."""
        recipe = self.recipe
        stopped = "done"
        first_step, last_saved, last_told = self.step, time.monotonic(), time.monotonic()
        last_validated = self.validations[-1].seconds if self.validations else self._seconds()
        losses: list[float] = []
        windows_told = 0
        with asked_to_stop() as stop_asked:
            while self.step < self.steps:
                if self._time_share() >= 1.0:
                    stopped = "time"
                    break
                losses.append(self._take_step())
                windows_told += self._n_windows(self.step - 1, self.step)
                now = time.monotonic()
                if stop_asked() or (max_steps is not None and self.step - first_step >= max_steps):
                    self._save()
                    return self._report("interrupted")
                if now - last_told >= _TELL_SECONDS:
                    standing = self._progress(losses, windows_told / (now - last_told))
                    if progress is not None:
                        progress(standing)
                    self._log(standing)
                    last_told, windows_told, losses = now, 0, losses[-200:]
                if now - last_saved >= 60 * _CHECKPOINT_MINUTES:
                    self._save()
                    last_saved = time.monotonic()
                every = 60 * recipe.validate_every_minutes
                if every and self.training.validation and self._seconds() - last_validated >= every:
                    self._validate()
                    last_validated = self._seconds()
                    if self._should_stop():
                        stopped = "early"
                        break
        if self.training.validation and not (
            self.validations and self.validations[-1].step == self.step
        ):
            self._validate()
        self._save()
        report = self._report(stopped)
        if progress is not None:
            progress(self._progress(losses or [math.nan], 0.0))
        tensors, _ = load_checkpoint(self.out / "best" if stopped == "early" else self.out)
        self.masters.restore(under(tensors, "weight/"), {})
        self.trainee.export(
            under(tensors, "weight/"),
            self.out,
            null_threshold=choose_threshold(self.trainee, recipe, self.threshold_questions),
            report=asdict(report),
        )
        return report

    def _log(self, standing: Progress) -> None:
        """Add a line to `progress.jsonl`: how the loss went, for runs without a terminal."""
        line = {key: value for key, value in asdict(standing).items() if key != "validation"}
        validation = standing.validation
        line["f1"] = validation.f1 if validation is not None else None
        with (self.out / "progress.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    def _take_step(self) -> float:
        recipe = self.recipe
        torch.manual_seed(recipe.seed * 1_000_003 + self.step)
        parts = [
            part
            for number in range(recipe.accumulate)
            for part in self._parts(self.step * recipe.accumulate + number)
        ]
        n_windows = sum(len(part["start"]) for part in parts)
        n_units = sum(int(part["unit"][-1]) + 1 for part in parts)

        def gradients(part: dict[str, torch.Tensor]) -> tuple[float, tuple[torch.Tensor, ...]]:
            loss = span_loss(self.model, part, n_windows=n_windows, n_units=n_units)
            return float(loss.detach()), torch.autograd.grad(loss, self.masters.parameters)

        # In the parts' order, whichever is ready first: sums don't depend on the timing.
        done = list(self.workers.map(gradients, parts))
        total = sum(loss for loss, _ in done)
        if not math.isfinite(total):
            msg = (
                f"The loss became {total!r} at step {self.step}. Lower the learning rate "
                f"({recipe.learning_rate!r}) and resume from the checkpoint in {str(self.out)!r}."
            )
            raise TrainingError(msg)
        self.masters.step(
            [grads for _, grads in done],
            learning_rate=recipe.learning_rate * _schedule(self._share_done(), recipe.warmup_share),
            workers=self.workers,
        )
        self.step += 1
        return total

    def _parts(self, number: int) -> list[dict[str, torch.Tensor]]:
        """Cut the windows of one batch, in parts that are computed side by side."""
        parts = batch_parts(self.training, self.plan[number], self.recipe, self.trainee, number)
        return [{name: tensor.to(self.device) for name, tensor in part.items()} for part in parts]

    def _n_windows(self, first_step: int, last_step: int) -> int:
        """How many windows the steps from one up to another see."""
        each = self.recipe.accumulate
        return sum(batch.n_windows for batch in self.plan[first_step * each : last_step * each])

    # -- the clock --------------------------------------------------------------------

    def _seconds(self) -> float:
        return self.seconds_before + time.monotonic() - self.began

    def _time_share(self) -> float:
        return 0.0 if self.max_minutes is None else self._seconds() / (60 * self.max_minutes)

    def _share_done(self) -> float:
        return min(1.0, max(self.step / self.steps, self._time_share()))

    def _progress(self, losses: Sequence[float], windows_per_s: float) -> Progress:
        share = self._share_done()
        seconds = self._seconds()
        recent = losses[-200:]
        return Progress(
            self.step,
            self.steps,
            share,
            sum(recent) / len(recent),
            windows_per_s,
            seconds / share - seconds if share else math.inf,
            self.validations[-1] if self.validations else None,
        )

    # -- weights and state ------------------------------------------------------------

    def _save(self, folder: Path | None = None) -> None:
        weights = {**self.trainee.originals, **self.masters.weights()}
        tensors = {f"weight/{name}": tensor for name, tensor in weights.items()}
        for name, tensor in self.masters.state().items():
            tensors[f"optimizer/{name}"] = tensor
        note = {
            "step": self.step,
            "seconds": self._seconds(),
            "signature": self.signature,
            "validations": [asdict(validation) for validation in self.validations],
        }
        save_checkpoint(folder or self.out, tensors, note)

    def _restore(self) -> None:
        tensors, note = load_checkpoint(self.out)
        for key in ("recipe_sha256", "data_sha256", "precision"):
            if note["signature"][key] != self.signature[key]:
                msg = (
                    f"The checkpoint in {str(self.out)!r} has another {key} "
                    f"({note['signature'][key]!r} instead of {self.signature[key]!r}). Resume with "
                    "the recipe, files and machine it was begun with, or choose another folder."
                )
                raise TrainingError(msg)
        self.masters.restore(under(tensors, "weight/"), under(tensors, "optimizer/"))
        self.step = int(note["step"])
        self.seconds_before = float(note["seconds"])
        self.validations = [Validation(**entry) for entry in note["validations"]]

    # -- measuring --------------------------------------------------------------------

    def _validate(self) -> None:
        validation = self._measure()
        self.validations.append(validation)
        best = max(each.best_f1 for each in self.validations)
        if self.recipe.patience and validation.best_f1 >= best:
            self._save(self.out / "best")

    def _measure(self) -> Validation:
        """Read the held-out questions with the weights as they are."""
        return measure(
            self.trainee,
            self.recipe,
            self.training.validation,
            step=self.step,
            seconds=self._seconds(),
        )

    def _should_stop(self) -> bool:
        patience = self.recipe.patience
        if not patience or len(self.validations) <= patience:
            return False
        scores = [validation.best_f1 for validation in self.validations]
        return max(scores[-patience:]) <= max(scores[:-patience])

    def _report(self, stopped: str) -> TrainingReport:
        return TrainingReport(
            self.step,
            self._n_windows(0, self.step),
            self._seconds(),
            stopped,
            tuple(self.validations),
            self.training.held_out,
            self.signature,
        )


# -- arithmetic ---------------------------------------------------------------------------


def _schedule(share_done: float, warmup_share: float) -> float:
    """Return the learning rate's factor: up from 0, then down to 0, both linearly.

    The first step's is above 0, so that it isn't lost.
    """
    if share_done < warmup_share:
        return max(share_done / warmup_share, 0.01)
    return max(0.0, (1 - share_done) / (1 - warmup_share))
