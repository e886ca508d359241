"""What a configuration refers to, and where: gathered while it is read, for the checks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from yaml.nodes import Node

from agent.configuration.nodes import Entry
from agent.configuration.schema import Action, Form, Say, Step

__all__ = ["Mentions", "StepMention", "Template"]


@dataclass(frozen=True)
class Template:
    """A template with what it may name."""

    node: Node
    where: str
    text: str
    slots: Collection[str]
    response: bool = False
    environment: bool = False


@dataclass(frozen=True)
class StepMention:
    """A step with the line it stands on and the form whose end it is, if it is one."""

    step: Step
    node: Node
    where: str
    form: Form | None


@dataclass
class Mentions:
    """What refers to what, with lines; filled while the file is read.

    Attributes:
        files: (key, path, node) of files named.
        intents: (name, node, where) of intents named.
        forms: Every form that was written, sound or not → its key.
        actions: The same for actions.
        templates: Templates of sentences.
        steps: Steps, with where they stand.
        action_nodes: Action → its entries.
        notes: What looks odd but works.
    """

    files: list[tuple[str, Path, Node]] = field(default_factory=list)
    intents: list[tuple[str, Node, str]] = field(default_factory=list)
    forms: dict[str, Node] = field(default_factory=dict)
    actions: dict[str, Node] = field(default_factory=dict)
    templates: list[Template] = field(default_factory=list)
    steps: list[StepMention] = field(default_factory=list)
    action_nodes: dict[str, Mapping[str, Entry]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def template(self, node: Node, where: str, text: str, *, slots: Collection[str]) -> None:
        """Remember a template of sentences with the slots that it may name."""
        self.templates.append(Template(node, where, text, slots))

    def step(self, step: Step, node: Node, where: str, *, form: Form | None) -> None:
        """Remember a step; `form` is the one that ends with it."""
        self.steps.append(StepMention(step, node, where, form))
        if isinstance(step, Say):
            slots = {slot.name for slot in form.slots} if form else frozenset[str]()
            self.template(node, where, step.text, slots=slots)

    def action(self, action: Action, found: Mapping[str, Entry]) -> None:
        """Remember an action's nodes, for complaints about its templates."""
        self.action_nodes[action.name] = found
