"""What the agent says of its own accord."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Texts"]


@dataclass(frozen=True)
class Texts:
    """What the agent says of its own accord. Every text has a default.

    Attributes:
        greeting: When a channel opens a conversation.
        empty: To a message without a word in it.
        too_long: Before the reply to a message that had to be cut.
        not_found: The knowledge base has nothing.
        low_confidence: It has something, but not surely an answer.
        out_of_scope: The question is none of its business.
        out_of_time: It had no time to look.
        unsupported_language: Said in English where no reply in kind is known.
        clarify: Before the choices of a clarifying question.
        clarify_one: The same before a single choice.
        offer_person: Added when the agent couldn't help, once.
        handover: A person takes over.
        handed_over: To the first message after that which we can't answer.
        handed_over_still: To the next ones.
        given_back: A conversation that was handed over comes back to us, as the person wished.
        form_failed: A form is given up after nonsense.
        back_to_form: Before an interrupted form's open question; may name `{form}`.
        cancelled_nothing: "Cancel" or "never mind" while nothing is open.
        acknowledged: To an "ok", or a "no" that is no answer to a question of ours.
        go_ahead: To a "yes" that is no answer to a question of ours.
        closing: To "that's all", and to a "no" after "is there anything else?".
        not_done: To a wish that is denied: "please don't order a monitor".
        not_undone: To a wish to undo what we can't undo: "cancel my leave request".
        also: Before what else a message asked for; may name `{form}`.
        failed: Something broke on our side.
    """

    greeting: str = "Hello! What can I help you with?"
    empty: str = "I didn't catch a question there. What would you like to know?"
    too_long: str = "That was a long message, so I only read the beginning."
    not_found: str = "I couldn't find anything about that."
    low_confidence: str = "I found something, but I'm not sure that it answers your question."
    out_of_scope: str = "I'm afraid that is outside of what I can help with."
    out_of_time: str = "Looking that up took too long. Please try again in a moment."
    unsupported_language: str = "I'm sorry, I only understand English so far."
    clarify: str = "Which of these do you mean?"
    clarify_one: str = "Is this what you mean?"
    offer_person: str = "You can rephrase it, or ask for a person."
    handover: str = "I'm passing you on to a colleague, with what we have so far."
    handed_over: str = (
        "A colleague has your conversation and will get back to you. You can go on asking me "
        "meanwhile."
    )
    handed_over_still: str = "Your colleague at the desk will see that too."
    given_back: str = "All right, you are back with me. What can I do for you?"
    form_failed: str = "I don't seem to get this right, so a colleague will take over from here."
    back_to_form: str = "Back to where we were:"
    cancelled_nothing: str = "All right. Tell me when there is something I can do."
    acknowledged: str = "All right. Is there anything else?"
    go_ahead: str = "Good. What would you like to know?"
    closing: str = "All right. Come back any time."
    not_done: str = "All right, then I won't do that. What can I do for you instead?"
    not_undone: str = (
        "I can't undo that from here, so nothing has changed. A colleague can help: just ask for "
        "a person."
    )
    also: str = "After that we'll go on with {form}."
    failed: str = "Something went wrong on our side. Please try again."
