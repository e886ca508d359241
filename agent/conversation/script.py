"""An agent's configuration, turned the way the dialogue looks things up. Pure.

The configuration says what each intent does; here stands, for every intent, the target
that the router compares (see `routing.Candidate`), and for every rule the pattern that finds
its words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from agent.configuration.schema import (
    AgentConfig,
    Answer,
    Call,
    HandOver,
    OpenForm,
    Say,
    Step,
)
from agent.configuration.smalltalk import SmallTalk
from agent.conversation.routing import Thresholds
from agent.types import HandoverReason, IntentExample
from agent.understanding.polarity import polarity, turned_round

__all__ = ["PERSON_INTENT", "Script", "person_examples", "target_of"]

PERSON_INTENT = "talk_to_person"
"""The intent that every agent knows, with or without a configuration."""

_ASKS_FOR_PERSON = (
    "I want to talk to a person",
    "can I speak to someone",
    "let me talk to a human",
    "talk to a human",
    "speak to an agent",
    "human please",
    "a real person please",
    "connect me with a real person",
    "I'd rather talk to a human being",
    "put me through to somebody",
    "pass me on to a colleague",
    "transfer me to support staff",
    "is there anyone I can talk to?",
    "can a member of staff help me?",
    "get me an operator",
    "representative",
    "live agent",
    "I don't want to talk to a bot",
    "stop, I want a human",
    "can someone call me back?",
    "please let a colleague take over",
    "I need to speak with somebody from the team",
)


def person_examples(config: AgentConfig, known: Iterable[str]) -> tuple[IntentExample, ...]:
    """Return ways to ask for a person, unless the configuration brings its own intent.

    Args:
        config: The agent's.
        known: Intents that there are examples of.
    """
    trained = set(known)
    own = any(
        isinstance(handling.step, HandOver)
        and handling.step.reason is HandoverReason.ASKED
        and intent in trained
        for intent, handling in config.handle.items()
    )
    if own or PERSON_INTENT in trained:
        return ()
    return tuple(IntentExample(text, PERSON_INTENT) for text in _ASKS_FOR_PERSON)


def target_of(step: Step, intent: str) -> str:
    """Return what a step leads to, as the router compares it.

    Two intents that open the same form have one target; two with a reply each have two.
    """
    match step:
        case Say():
            return f"say:{intent}"
        case Answer(question=None):
            return "answer"
        case Answer(question=question):
            return f"answer:{question}"
        case OpenForm(form=form):
            return f"form:{form}"
        case Call(action=action):
            return f"call:{action}"
        case HandOver(reason=HandoverReason.ASKED):
            return "handover"
        case HandOver(detail=detail):
            return f"handover:{detail or intent}"


@dataclass(frozen=True)
class Script:
    """What the dialogue goes by.

    Attributes:
        config: The agent's.
        small_talk: Intent → reply.
        opposed: Intents whose own examples deny or undo something: "cancel my order" is
            what they are for.
    """

    config: AgentConfig
    small_talk: Mapping[str, str] = field(default_factory=dict)
    opposed: frozenset[str] = frozenset()

    @classmethod
    def make(
        cls,
        config: AgentConfig,
        small_talk: Iterable[SmallTalk] = (),
        examples: Iterable[IntentExample] = (),
    ) -> Script:
        """Join a configuration, its small talk and what its intents were learned from."""
        return cls(config, {entry.name: entry.reply for entry in small_talk}, _opposed_in(examples))

    @cached_property
    def urgent(self) -> frozenset[str]:
        """Intents that get through whatever is open."""
        return frozenset(name for name, handling in self.config.handle.items() if handling.urgent)

    @cached_property
    def thresholds(self) -> Thresholds:
        """The router's numbers."""
        routing = self.config.routing
        return Thresholds(
            handle=routing.handle,
            consider=routing.consider,
            tie=routing.tie,
            unsure_turns=self.config.handover.unsure_turns,
        )

    @cached_property
    def targets(self) -> Mapping[str, str]:
        """Intent → target; an intent that isn't here goes to the knowledge base."""
        targets = {name: f"smalltalk:{name}" for name in self.small_talk}
        targets[PERSON_INTENT] = "handover"
        for intent, handling in self.config.handle.items():
            targets[intent] = target_of(handling.step, intent)
        return targets

    @cached_property
    def _opening(self) -> Mapping[str, tuple[str, ...]]:
        intents: dict[str, tuple[str, ...]] = {}
        for intent, handling in self.config.handle.items():
            if isinstance(handling.step, OpenForm):
                form = handling.step.form
                intents[form] = (*intents.get(form, ()), intent)
        return intents

    def opening(self, form: str) -> tuple[str, ...]:
        """Return the intents that open a form, in the order of the configuration."""
        return self._opening.get(form, ())

    @cached_property
    def rules(self) -> Mapping[str, str]:
        """Intent → name of the first handover rule that it sets off."""
        rules: dict[str, str] = {}
        for rule in self.config.handover.rules:
            for intent in rule.intents:
                rules.setdefault(intent, rule.name)
        return rules

    @cached_property
    def _word_rules(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return tuple(
            (rule.name, _whole_words(rule.words))
            for rule in self.config.handover.rules
            if rule.words
        )

    def rule_for(self, message: str) -> str:
        """Return the first handover rule that a word of the message sets off, or ""."""
        return next((name for name, words in self._word_rules if words.search(message)), "")

    @cached_property
    def personal_slots(self) -> frozenset[str]:
        """Names of the slots that are never stored unmasked."""
        return frozenset(
            slot.name for form in self.config.forms.values() for slot in form.slots if slot.personal
        )

    def label(self, intent: str) -> str:
        """Return what an intent is called when the agent asks which one is meant."""
        handling = self.config.handle.get(intent)
        if handling is not None:
            return handling.label
        if intent == PERSON_INTENT:
            return "Talk to a person"
        plain = re.sub(r"[\W_]+", " ", intent.rpartition("/")[2]).strip()
        return plain[:1].upper() + plain[1:] if plain else intent


def _opposed_in(examples: Iterable[IntentExample]) -> frozenset[str]:
    """Return the intents of whose examples a fifth or more deny or undo something."""
    seen: Counter[str] = Counter()
    opposed: Counter[str] = Counter()
    for example in examples:
        if example.intent is not None:
            seen[example.intent] += 1
            if turned_round(example.text) or polarity(example.text).denied:
                opposed[example.intent] += 1
    return frozenset(name for name, count in opposed.items() if count >= seen[name] / 5)


def _whole_words(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for any of some words or phrases, however they are spaced."""
    phrases = [r"\s+".join(map(re.escape, phrase.split())) for phrase in words if phrase.split()]
    if not phrases:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)", re.IGNORECASE)
