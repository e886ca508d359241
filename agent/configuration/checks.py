"""What can't work although every line of a configuration reads well.

References to forms, actions and intents that aren't there, forms that open one another in
a circle, placeholders that nothing fills, and intents without examples. Each complaint
points at the line where the reference stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.configuration.mentions import Mentions, StepMention, Template
from agent.configuration.nodes import Entry, Problems, meant
from agent.configuration.placeholders import Kind, parse
from agent.configuration.schema import Action, AgentConfig, Call, OpenForm
from agent.errors import AgentError

__all__ = ["check"]

_ALWAYS_KNOWN = "talk_to_person"
"""The dialogue knows ways to ask for a person, with or without examples."""


def check(config: AgentConfig, mentions: Mentions, problems: Problems, *, examples: bool) -> None:
    """Take down everything that can't work.

    Args:
        config: As read; sections that didn't read well are missing in it.
        mentions: What refers to what.
        problems: Where complaints go.
        examples: Also read the intents' examples and the small talk.
    """
    _check_references(mentions, problems)
    _check_circles(config, mentions, problems)
    for template in mentions.templates:
        _check_template(template, problems)
    _check_actions(config, mentions, problems)
    if examples:
        _check_intents(config, mentions, problems)


def _check_references(mentions: Mentions, problems: Problems) -> None:
    for mention in mentions.steps:
        step = mention.step
        if isinstance(step, OpenForm) and step.form not in mentions.forms:
            problems.add(
                mention.node,
                f"{mention.where}: unknown form {step.form!r}{meant(step.form, mentions.forms)}",
            )
        if isinstance(step, Call) and step.action not in mentions.actions:
            problems.add(
                mention.node,
                f"{mention.where}: unknown action {step.action!r}"
                f"{meant(step.action, mentions.actions)}",
            )


def _check_circles(config: AgentConfig, mentions: Mentions, problems: Problems) -> None:
    """Refuse forms whose ends open one another in a circle: nobody would get out."""
    following = {
        name: form.then.form
        for name, form in config.forms.items()
        if isinstance(form.then, OpenForm)
    }
    reported: set[frozenset[str]] = set()
    for start in following:
        path = [start]
        while (after := following.get(path[-1])) is not None and after not in path:
            path.append(after)
        if after != start or frozenset(path) in reported:
            continue
        reported.add(frozenset(path))
        node = next(
            mention.node
            for mention in mentions.steps
            if mention.form is not None and mention.form.name == start
        )
        circle = " → ".join([*path, start])
        problems.add(
            node,
            f"forms.{start}.then.form: the forms open each other without end: {circle}; "
            "let one of them end with reply, call or handover",
        )


def _check_template(template: Template, problems: Problems) -> None:
    for part in parse(template.text):
        shown = f"'{{{part.text}}}'"
        if part.kind is Kind.SLOT and part.text not in template.slots:
            hint = (
                meant(part.text, template.slots)
                if template.slots
                else "; no form is filled at this point, so no slot can be named here"
            )
            problems.add(template.node, f"{template.where}: unknown slot {shown}{hint}")
        elif part.kind is Kind.RESPONSE and not template.response:
            problems.add(
                template.node,
                f"{template.where}: '{{response.{part.text}}}' is only known in an action's reply",
            )
        elif part.kind is Kind.ENVIRONMENT and not template.environment:
            problems.add(
                template.node,
                f"{template.where}: '${{{part.text}}}' would show an environment variable to "
                "people; it belongs in an action's url, headers, query or json",
            )


def _check_actions(config: AgentConfig, mentions: Mentions, problems: Problems) -> None:
    """Hold what an action's templates name against every place that calls it."""
    callers: dict[str, list[StepMention]] = {}
    for mention in mentions.steps:
        if isinstance(mention.step, Call):
            callers.setdefault(mention.step.action, []).append(mention)
    for name, action in config.actions.items():
        nodes = mentions.action_nodes[name]
        for template in _action_templates(action, nodes):
            _check_template(template, problems)
        needed = action_slots(action)
        if name not in callers:
            mentions.notes.append(f"actions.{name}: nothing calls it")
        for caller in callers.get(name, []):
            given = {slot.name for slot in caller.form.slots} if caller.form else set()
            for slot in sorted(needed - given):
                hint = (
                    f"which the form {caller.form.name!r} doesn't ask for{meant(slot, given)}"
                    if caller.form
                    else "which no form has asked for here: let the intent open a form that "
                    "asks for it and then calls"
                )
                problems.add(
                    caller.node, f"{caller.where}: the action {name!r} needs '{{{slot}}}', {hint}"
                )


def _action_templates(action: Action, nodes: Mapping[str, Entry]) -> Iterator[Template]:
    where = f"actions.{action.name}"
    names = action_slots(action)
    if "reply" in nodes:
        yield Template(nodes["reply"].value, f"{where}.reply", action.reply, names, response=True)
    if "failed" in nodes:
        yield Template(nodes["failed"].value, f"{where}.failed", action.failed, names)
    for key in ("url", "headers", "query", "json"):
        if key in nodes:
            for text in _texts(getattr(action, key)):
                yield Template(nodes[key].value, f"{where}.{key}", text, names, environment=True)


def action_slots(action: Action) -> set[str]:
    """Return the slots that an action's templates name."""
    texts = [action.url, action.reply, action.failed]
    for nested in (action.headers, action.query, action.json):
        texts.extend(_texts(nested))
    return {part.text for text in texts for part in parse(text) if part.kind is Kind.SLOT}


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in nested values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _check_intents(config: AgentConfig, mentions: Mentions, problems: Problems) -> None:
    """Hold the intents that are named against those that have examples."""
    from agent.configuration.smalltalk import load_smalltalk
    from agent.intents.formats import load_intents

    known: set[str] = set()
    sound = True
    for kind, path, node in mentions.files:
        try:
            if kind == "intents":
                examples = load_intents([path]).examples
                known.update(example.intent for example in examples if example.intent)
            else:
                load_smalltalk([path])
        except (AgentError, OSError) as error:
            problems.add(node, f"{kind}: {error}")
            sound = False
    if not sound:
        return
    talk = (
        {entry.name for entry in load_smalltalk(config.small_talk)} if config.small_talk else set()
    )
    for name, node, where in mentions.intents:
        if name not in known and name not in talk and name != _ALWAYS_KNOWN:
            hint = (
                meant(name, known | talk)
                if known
                else "; no file of examples is named under 'intents'"
            )
            problems.add(node, f"{where}: intent {name!r} has no examples{hint}")
    named = {name for name, _, _ in mentions.intents}
    mentions.notes.extend(
        f"intent {name!r} has examples but isn't handled: it goes to the knowledge base"
        for name in sorted(known - named)
    )
