"""The directory of a knowledge base: generations, and which of them answers.

A generation is built aside in a folder whose name starts with `.building-`, made durable,
renamed into place, and switched in by replacing the small file `CURRENT`. Whatever happens
in between, `CURRENT` names a complete generation. Readers take no lock: they open what
`CURRENT` names and keep it. Numbers of generations are never used twice.

What goes into a generation is `indexing.py`'s business; reading one is `generation.py`'s.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import StoreError
from retrieval.index import parts
from retrieval.index.confirmation import check_rollback
from retrieval.index.folder import KnowledgeBaseFolder
from retrieval.index.generation import Generation, damaged_parts, read_manifest
from retrieval.index.lock import HOLDER_FILE
from retrieval.index.manifest import Manifest
from retrieval.system.durable import PARTIAL_SUFFIX, replace_file, sync_folder, sync_tree

__all__ = ["KEEP_GENERATIONS", "Health", "IndexStore"]

KEEP_GENERATIONS = 3
"""The current generation and those a rollback can reach; older ones are cleaned up."""

_NAME = re.compile(r"[0-9]{6,}")
_BUILDING = ".building-"


@dataclass(frozen=True)
class Health:
    """What a check of the current generation found.

    Attributes:
        generation: Its name; empty if CURRENT can't be read.
        manifest: Its manifest, if that can be read.
        problems: What is wrong, in phrases; empty if all is well.
        size_bytes: What the generation takes on disk.
    """

    generation: str
    manifest: Manifest | None
    problems: tuple[str, ...]
    size_bytes: int


class IndexStore(KnowledgeBaseFolder):
    """A knowledge base on disk, with its generations."""

    @property
    def _generations(self) -> Path:
        return self.path / parts.GENERATIONS

    # Reading

    def open(self) -> Generation:
        """Open and check the current generation.

        Raises:
            StoreError: There is no index here, or it is damaged or foreign.
        """
        name = self.current()
        while True:
            try:
                return Generation(self._folder(name))
            except StoreError:
                # A writer may have switched and cleaned up while we were opening.
                latest = self.current()
                if latest == name:
                    raise
                name = latest

    def current(self) -> str:
        """Return the name of the generation that answers.

        Raises:
            StoreError: There is no index here, or CURRENT is damaged.
        """
        self.check_ours()
        try:
            name = (self.path / parts.CURRENT).read_text("ascii").strip()
        except FileNotFoundError as error:
            raise StoreError(
                f"the knowledge base {str(self.path)!r} holds no finished index yet: "
                f"run `frontdesk index SOURCE --kb {self.path}`"
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(
                f"the knowledge base {str(self.path)!r} is damaged: its file CURRENT can't be "
                f"read ({error}); go back with `frontdesk rollback`"
            ) from error
        if not _NAME.fullmatch(name):
            raise StoreError(
                f"the knowledge base {str(self.path)!r} is damaged: its file CURRENT holds "
                f"{name[:40]!r}, expected the number of a generation; go back with "
                "`frontdesk rollback`"
            )
        return name

    def generations(self) -> list[str]:
        """Return the names of all finished generations, oldest first."""
        if not self._generations.is_dir():
            return []
        names = [path.name for path in self._generations.iterdir() if _NAME.fullmatch(path.name)]
        return sorted(names, key=int)

    def manifest(self, name: str) -> Manifest:
        """Read the manifest of a generation.

        Raises:
            StoreError: It is missing, damaged, or of another format version.
        """
        return read_manifest(self._folder(name))

    def health(self) -> Health:
        """Check the current generation whole: its parts, and every article.

        Raises:
            StoreError: There is no index here.
        """
        self.check_ours()
        if not self.exists():
            self.current()  # Raises, with the words for it.
        try:
            name = self.current()
        except StoreError as error:
            return Health("", None, (str(error),), 0)
        folder = self._folder(name)
        try:
            manifest = read_manifest(folder)
        except StoreError as error:
            return Health(name, None, (str(error),), 0)
        problems = damaged_parts(folder, manifest)
        if not problems:
            try:
                generation = Generation(folder, manifest=manifest, verify=False)
                mismatched = generation.mismatched_articles()
                if mismatched:
                    problems.append(f"{mismatched} articles differ from the manifest")
                _ = generation.terms, generation.synonyms
            except StoreError as error:
                problems.append(str(error))
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        return Health(name, manifest, tuple(problems), size)

    def reachable(self) -> list[str]:
        """Return the current generation and those behind it, newest first."""
        chain: list[str] = []
        present = set(self.generations())
        following: str | None = self.current()
        while following is not None and following in present and following not in chain:
            chain.append(following)
            following = self._behind(following)
        return chain

    # Writing; everything below is done under the lock

    def next_name(self) -> str:
        """Return a name that no generation here has had."""
        return f"{max(map(int, self.generations()), default=0) + 1:06d}"

    @contextmanager
    def building(self, name: str) -> Iterator[Path]:
        """Build a generation aside, and switch it in if the block ends well.

        Yields:
            The folder to fill; it vanishes again if the block raises.
        """
        folder = self._generations / f"{_BUILDING}{name}"
        shutil.rmtree(folder, ignore_errors=True)
        try:
            folder.mkdir()
            yield folder
            sync_tree(folder)
            folder.rename(self._folder(name))
            sync_folder(self._generations)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self.switch(name)

    def switch(self, name: str) -> None:
        """Let a finished generation answer from now on."""
        replace_file(self.path / parts.CURRENT, f"{name}\n".encode("ascii"))

    def rollback(self, *, yes: bool = False) -> tuple[str, str]:
        """Let the generation before the current one answer again.

        It is checked whole first. A damaged current generation is no obstacle.

        Args:
            yes: Go on although more people could read an article then.

        Returns:
            The name of the generation left and of the one that answers now.

        Raises:
            StoreError: There is none before, or it is damaged.
            IndexLocked: Another writer is at work.
            ConfirmationNeeded: More people could read an article then.
        """
        self.check_ours()
        with self.lock():
            left, target = self._rollback_target()
            generation = Generation(self._folder(target))
            if not yes:
                with suppress(StoreError):  # what can't be opened can't be compared
                    check_rollback(Generation(self._folder(left), verify=False), generation)
            self.switch(target)
        return left, target

    def _rollback_target(self) -> tuple[str, str]:
        try:
            left = self.current()
        except StoreError:
            # Without CURRENT the newest generation that can be opened is the best there is.
            for name in reversed(self.generations()):
                try:
                    Generation(self._folder(name))
                except StoreError:
                    continue
                return "unknown", name
            raise
        target = self._behind(left)
        if target is None:
            raise StoreError(
                f"the knowledge base {str(self.path)!r} has no generation before {left}: there is "
                "nothing to go back to"
            )
        if target not in self.generations():
            raise StoreError(
                f"the generation before {left} is {target}, which was cleaned up (the last "
                f"{KEEP_GENERATIONS} are kept): run `frontdesk index` on an older copy of the "
                "articles instead"
            )
        return left, target

    def _behind(self, name: str) -> str | None:
        """Return the generation before one, by its manifest or, if that is lost, by number."""
        try:
            return self.manifest(name).previous
        except StoreError:
            older = [other for other in self.generations() if int(other) < int(name)]
            return older[-1] if older else None

    def sweep(self) -> None:
        """Remove what killed runs left half done."""
        if self._generations.is_dir():
            for path in self._generations.glob(f"{_BUILDING}*"):
                shutil.rmtree(path, ignore_errors=True)
        # Only files that are written under the lock: others may be in the making.
        for name in (parts.CURRENT, parts.MARKER, HOLDER_FILE):
            for path in self.path.glob(f".{name}.*{PARTIAL_SUFFIX}"):
                path.unlink(missing_ok=True)

    def clean_up(self) -> list[str]:
        """Remove generations that no rollback should reach any more.

        A reader that has one open keeps it: on Linux and macOS an unlinked file stays until
        the last one lets go.

        Returns:
            The names of those removed.
        """
        kept = set(self.reachable()[:KEEP_GENERATIONS])
        removed = [name for name in self.generations() if name not in kept]
        for name in removed:
            # Renamed first: a generation is there whole or not at all.
            doomed = self._generations / f"{_BUILDING}{name}.old"
            try:
                self._folder(name).rename(doomed)
            except OSError:
                continue
            shutil.rmtree(doomed, ignore_errors=True)
        return removed

    def _folder(self, name: str) -> Path:
        return self._generations / name
