"""The chat widget in a browser, in front of a server with a script."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from agent.server.api.auth.keys import KeyFile

EVIL = '<img src=x onerror="window.hacked=1">'


def last_reply(page: Any) -> Any:
    return page.locator(".log > .reply").last


def test_quote_is_marked_by_code_points_with_emoji_before_and_inside_it(
    page: Any, ask: Any
) -> None:
    ask(page, "vpn")
    quote = last_reply(page).locator("blockquote")
    assert quote.inner_text() == (
        "On 🙂 days, start the 🚀 client and choose Connect 👍🏽 at once."
    )
    assert quote.locator("mark").all_inner_texts() == ["🚀 client and choose Connect 👍🏽"]
    # The reply's text is the quote: it isn't shown twice.
    assert last_reply(page).inner_text().count("🚀") == 1


def test_link_opens_the_article_at_the_highlighted_words(page: Any, ask: Any) -> None:
    ask(page, "tunnel")
    link = last_reply(page).get_by_role("link", name="Read in “VPN from abroad”")
    link.click()
    dialog = page.get_by_role("dialog", name="VPN from abroad")
    mark = dialog.locator("mark")
    mark.wait_for()
    assert mark.all_inner_texts() == ["🔒 tunnel"]
    assert mark.evaluate("mark => mark === mark.getRootNode().activeElement")
    box, frame = mark.bounding_box(), dialog.locator(".scroll").bounding_box()
    assert frame["y"] < box["y"] < frame["y"] + frame["height"] - box["height"]
    assert dialog.locator(".scroll").evaluate("scroll => scroll.scrollTop") > 0
    original = dialog.get_by_role("link", name="Open the original")
    assert original.get_attribute("href") == "https://x.example/vpn"
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert link.evaluate("link => link === link.getRootNode().activeElement")


def test_link_opens_the_same_in_another_tab(page: Any, ask: Any) -> None:
    ask(page, "vpn")
    href = last_reply(page).get_by_role("link").get_attribute("href")
    assert "frontdesk-article=it%2Fvpn+%231%3F" in href
    other = page.context.new_page()
    other.goto(page.url.rstrip("/") + href)
    mark = other.get_by_role("dialog").locator("mark")
    mark.wait_for()
    assert mark.inner_text() == "🚀 client and choose Connect 👍🏽"


def test_article_that_changed_is_told_and_the_words_found_again(page: Any, ask: Any) -> None:
    def shift(route: Any) -> None:
        response = route.fetch()
        article = response.json()
        article["body"] = "New first line 🙂.\n\n" + article["body"]
        route.fulfill(response=response, json=article)

    page.route("**/v1/articles/**", shift)
    ask(page, "tunnel")
    last_reply(page).get_by_role("link").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("This article has changed since it was quoted.").wait_for()
    assert dialog.locator("mark").all_inner_texts() == ["🔒 tunnel"]


def test_article_that_is_gone_is_told_as_a_sentence(sit_down: Any) -> None:
    page = sit_down("/#frontdesk-article=nobody&start=0&end=5")
    page.get_by_role("dialog").get_by_text("There is no such article any more").wait_for()


def test_table_row_stands_beside_its_header(page: Any, ask: Any) -> None:
    ask(page, "wifi")
    names = last_reply(page).locator("dt").all_inner_texts()
    values = last_reply(page).locator("dd").all_inner_texts()
    assert names == ["Network", "For", "How to sign in"]
    assert values == ["VB-Guest", "Visitors", "A day code from reception"]
    assert last_reply(page).locator("mark").inner_text() == "A day code from reception"
    assert "|" not in last_reply(page).inner_text()
    last_reply(page).get_by_role("link").click()
    table = page.get_by_role("dialog").get_by_role("table")
    table.wait_for()
    assert table.get_by_role("columnheader").all_inner_texts() == names
    assert table.get_by_role("row").count() == 3
    assert table.locator("mark").inner_text() == "A day code from reception"


def test_steps_are_a_numbered_list(page: Any, ask: Any) -> None:
    ask(page, "scanner")
    items = last_reply(page).get_by_role("listitem")
    assert items.count() == 3
    assert items.nth(2).locator("mark").inner_text() == "Restart the laptop"
    last_reply(page).get_by_role("link").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("mark").wait_for()
    assert dialog.get_by_role("link", name="https://help.example.com/scanner").count() == 1
    # The article's own address is a script: it is no link.
    assert dialog.get_by_role("link", name="Open the original").count() == 0


def test_nothing_from_an_article_a_choice_or_a_person_becomes_markup(page: Any, ask: Any) -> None:
    ask(page, "evil")
    assert last_reply(page).locator("mark").inner_text() == EVIL
    last_reply(page).get_by_role("link").click()
    dialog = page.get_by_role("dialog", name=EVIL)
    dialog.locator("mark").wait_for()
    page.keyboard.press("Escape")
    ask(page, f"choose {EVIL}")
    assert page.get_by_role("button", name=EVIL).count() == 1
    page.reload()
    page.get_by_text("Which one do you mean?").wait_for()
    page.wait_for_timeout(100)
    assert page.locator("img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_choice_is_sent_back_by_its_button(page: Any, ask: Any, desk: Any) -> None:
    ask(page, "choose")
    page.get_by_role("group", name="Choose one").get_by_role("button", name="wifi").click()
    page.locator(".log > .reply").nth(1).wait_for()
    assert desk.desk.said == ["choose", "wifi"]
    assert page.locator(".choices").count() == 0


def test_handover_is_shown(page: Any, ask: Any) -> None:
    ask(page, "person")
    last_reply(page).get_by_text("passed on to a person").wait_for()
    page.reload()
    page.get_by_text("passed on to a person").wait_for()


def test_status_is_told_while_the_reply_is_made(page: Any, desk: Any) -> None:
    page.get_by_label("Your message").fill("slow vpn")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("status").get_by_text("Still searching").wait_for()
    assert page.get_by_role("button", name="Send").is_disabled()
    desk.desk.go_on.set()
    page.locator(".log > .reply mark").wait_for()
    assert page.get_by_role("status").get_by_text("Still searching").count() == 0


def test_plain_json_serves_where_streams_do_not(page: Any, ask: Any) -> None:
    accepted = []

    def unstreamed(route: Any) -> None:
        accepted.append(route.request.headers["accept"])
        route.continue_(headers={**route.request.headers, "accept": "application/json"})

    page.route("**/v1/chat", unstreamed)
    ask(page, "vpn")
    assert last_reply(page).locator("mark").inner_text() == "🚀 client and choose Connect 👍🏽"
    assert accepted == ["text/event-stream, application/json;q=0.5"]


def test_events_are_put_together_from_any_pieces(page: Any, ask: Any) -> None:
    """Chunks may end inside a sign, a line or a CRLF; comments and unknown events are passed."""
    page.evaluate(
        """() => {
            const real = window.fetch;
            window.fetch = async (url, options) => {
                const response = await real(url, options);
                if (!String(url).endsWith("/v1/chat")) return response;
                const text = ": hello\\n\\nevent: news\\ndata: {}\\n\\n" + await response.text();
                const bytes = new TextEncoder().encode(text.replaceAll("\\n", "\\r\\n"));
                const body = new ReadableStream({
                    async start(controller) {
                        for (const byte of bytes) {
                            controller.enqueue(new Uint8Array([byte]));
                        }
                        controller.close();
                    },
                });
                return new Response(body, {headers: response.headers});
            };
        }"""
    )
    ask(page, "vpn")
    assert last_reply(page).locator("mark").inner_text() == "🚀 client and choose Connect 👍🏽"


def test_thumb_and_correction_are_kept(page: Any, ask: Any, desk: Any) -> None:
    ask(page, "vpn")
    down = page.get_by_role("button", name="Not helpful")
    down.click()
    field = page.get_by_label("What would have been right?")
    field.fill("Choose Disconnect.")
    page.get_by_role("button", name="Send", exact=True).first.click()
    field.wait_for(state="hidden")
    page.get_by_text("Thank you.").wait_for()
    [session] = desk.sessions.sessions("anonymous")
    [given] = desk.sessions.feedback(session.id, "anonymous")
    assert (given.helpful, given.comment) == (False, "Choose Disconnect.")
    page.reload()
    page.locator(".log > .reply").wait_for()
    assert page.get_by_role("button", name="Not helpful").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("status", [429, 503])
def test_busy_server_is_waited_for(page: Any, desk: Any, status: int) -> None:
    refused = []

    def refuse_once(route: Any) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.post_data_json["message"])
        route.fulfill(status=status, headers={"Retry-After": "1"}, json={"detail": "Later."})

    page.route("**/v1/chat", refuse_once)
    page.get_by_label("Your message").fill("vpn")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("The desk is busy just now.").wait_for()
    page.locator(".log > .reply mark").wait_for()
    assert desk.desk.said == ["vpn"]
    assert page.locator(".me").count() == 1


def test_message_written_offline_is_sent_when_the_connection_is_back(page: Any, desk: Any) -> None:
    page.context.set_offline(True)
    page.get_by_label("Your message").fill("vpn")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("You are offline.").wait_for()
    assert desk.desk.said == []
    page.context.set_offline(False)
    page.locator(".log > .reply mark").wait_for()
    assert desk.desk.said == ["vpn"]


def test_reply_that_was_lost_on_the_way_is_fetched_and_not_asked_for_again(
    page: Any, ask: Any, desk: Any
) -> None:
    ask(page, "wifi")

    def cut(route: Any) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text().split("event: done")[0])

    page.route("**/v1/chat", cut)
    ask(page, "scanner")
    assert desk.desk.said == ["wifi", "scanner"]
    assert page.locator(".me").count() == 2
    last_reply(page).get_by_role("link", name="Read in “The scanner”").wait_for()


def test_message_that_never_arrived_is_sent_again(page: Any, ask: Any, desk: Any) -> None:
    ask(page, "wifi")
    lost = []

    def lose_once(route: Any) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.request)
            route.abort()

    page.route("**/v1/chat", lose_once)
    ask(page, "scanner")
    assert desk.desk.said == ["wifi", "scanner"]


def test_failure_is_told_as_a_sentence_and_the_message_can_be_sent_again(
    page: Any, desk: Any
) -> None:
    page.get_by_label("Your message").fill("explode")
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert").get_by_text("Something broke on our side.")
    alert.wait_for()
    page.get_by_role("button", name="Send again").click()
    page.get_by_role("alert").get_by_text("Something broke on our side.").wait_for()
    assert page.locator(".me").count() == 1


def test_message_that_is_too_long_goes_back_to_be_shortened(page: Any) -> None:
    page.get_by_label("Your message").fill("x" * 4_001)
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("is longer than 4000 characters").wait_for()
    assert len(page.get_by_label("Your message").input_value()) == 4_001
    assert page.locator(".me").count() == 0


def test_reload_loses_nothing(page: Any, ask: Any, desk: Any) -> None:
    ask(page, "vpn")
    ask(page, "choose")
    page.get_by_label("Your message").fill("half a tho")
    page.reload()
    page.locator(".log > .reply").nth(1).wait_for()
    assert page.locator(".me .text").all_inner_texts() == ["vpn", "choose"]
    assert page.locator("blockquote mark").inner_text() == "🚀 client and choose Connect 👍🏽"
    assert page.get_by_label("Your message").input_value() == "half a tho"
    page.get_by_role("button", name="wifi").click()
    page.locator(".log > .reply").nth(2).wait_for()
    [session] = desk.sessions.sessions("anonymous")
    assert len(desk.sessions.load(session.id, "anonymous").turns) == 3


def test_message_under_way_at_a_reload_is_offered_again(page: Any, ask: Any, desk: Any) -> None:
    ask(page, "vpn")
    page.get_by_label("Your message").fill("slow wifi")
    page.keyboard.press("Enter")
    page.get_by_text("Still searching").wait_for()
    page.reload()
    page.get_by_role("alert").get_by_text("This message was not answered.").wait_for()
    assert page.locator(".me .text").all_inner_texts() == ["vpn", "slow wifi"]
    desk.desk.go_on.set()
    page.get_by_role("button", name="Send again").click()
    page.locator(".log > .reply").nth(1).wait_for()
    assert page.locator(".me").count() == 2


def test_session_that_is_gone_begins_anew(page: Any, ask: Any, desk: Any) -> None:
    ask(page, "vpn")
    [session] = desk.sessions.sessions("anonymous")
    desk.sessions.delete(session.id, "anonymous")
    ask(page, "wifi")
    page.get_by_text("The earlier conversation has ended.").wait_for()
    assert last_reply(page).locator("dt").count() == 3


def test_new_conversation_can_delete_the_old_one(page: Any, ask: Any, desk: Any) -> None:
    ask(page, "vpn")
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Delete and start anew").click()
    page.locator(".log > .reply").wait_for(state="detached")
    assert desk.sessions.sessions("anonymous") == ()
    assert "vpn" not in page.evaluate("JSON.stringify(sessionStorage)").lower()


def test_key_is_asked_for_where_the_server_wants_one(
    chromium: Any, serve_desk: Any, tmp_path: Any
) -> None:
    made = KeyFile(tmp_path / "keys.json").create("page", [], now=datetime.now(UTC))
    with serve_desk() as served:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(served.url)
        page.get_by_label("Your message").fill("vpn")
        page.keyboard.press("Enter")
        page.get_by_role("alert").get_by_text("You are not signed in").wait_for()
        page.get_by_label("Access key or token").fill(made.secret)
        page.keyboard.press("Enter")
        page.locator(".log > .reply mark").wait_for()
        page.reload()
        page.locator(".log > .reply mark").wait_for()
        context.close()


def test_token_comes_from_the_page_and_is_fetched_anew_when_refused(sit_down: Any) -> None:
    page = sit_down()
    shown = []
    asked = page.evaluate_handle(
        """() => {
            const asked = [];
            document.querySelector("frontdesk-chat").getToken = async ({refresh}) => {
                asked.push(refresh);
                return refresh ? "new" : "old";
            };
            return asked;
        }"""
    )

    def check(route: Any) -> None:
        shown.append(route.request.headers.get("authorization"))
        if shown[-1] == "Bearer new":
            headers = {k: v for k, v in route.request.headers.items() if k != "authorization"}
            route.continue_(headers=headers)
        else:
            route.fulfill(status=401, json={"detail": "Expired."})

    page.route("**/v1/chat", check)
    page.get_by_label("Your message").fill("vpn")
    page.keyboard.press("Enter")
    page.locator(".log > .reply mark").wait_for()
    assert shown == ["Bearer old", "Bearer new"]
    assert asked.json_value() == [False, True]


def test_window_opens_and_closes_by_keyboard(page: Any) -> None:
    page.evaluate(
        """() => {
            document.querySelector("frontdesk-chat").remove();
            const chat = document.createElement("frontdesk-chat");
            chat.setAttribute("title", "Ask us");
            document.body.append(chat);
        }"""
    )
    launch = page.get_by_role("button", name="Open chat")
    launch.focus()
    page.keyboard.press("Enter")
    window = page.get_by_role("dialog", name="Ask us")
    window.wait_for()
    field = page.get_by_label("Your message")
    assert field.evaluate("field => field === field.getRootNode().activeElement")
    page.keyboard.press("Escape")
    window.wait_for(state="hidden")
    assert launch.evaluate("button => button === button.getRootNode().activeElement")
    assert page.locator("frontdesk-chat").get_attribute("title") is None


def test_whole_conversation_goes_by_keyboard(page: Any) -> None:
    page.get_by_label("Your message").focus()
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("vpn")
    page.keyboard.press("Enter")
    page.locator(".log > .reply mark").wait_for()
    assert page.locator(".me .text").inner_text() == "first line\nvpn"
    for _ in range(6):
        page.keyboard.press("Shift+Tab")
        if page.evaluate(
            "document.activeElement.shadowRoot?.activeElement?.classList.contains('link')"
        ):
            break
    page.keyboard.press("Enter")
    page.get_by_role("dialog").locator("mark").wait_for()


def test_words_come_in_another_language(page: Any) -> None:
    page.evaluate("document.querySelector('frontdesk-chat').texts = {send: 'Senden'}")
    page.get_by_role("button", name="Senden").wait_for()
    assert page.get_by_label("Your message").count() == 1


@pytest.mark.parametrize("size", [(390, 844), (1280, 800), (320, 480)])
def test_nothing_sticks_out_sideways(sit_down: Any, ask: Any, size: tuple[int, int]) -> None:
    page = sit_down(viewport={"width": size[0], "height": size[1]})
    for word in ("vpn", "wifi", "scanner", "choose", "x" * 300):
        ask(page, word)
    sizes = page.evaluate(
        """() => {
            const scroll = document.querySelector("frontdesk-chat").shadowRoot.querySelector(".scroll");
            return [document.documentElement.scrollWidth, innerWidth, scroll.scrollWidth, scroll.clientWidth];
        }"""  # noqa: E501
    )
    assert sizes[0] <= sizes[1]
    assert sizes[2] <= sizes[3]
    assert re.fullmatch("x{300}", page.locator(".me .text").last.inner_text())


@contextmanager
def intranet() -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
    """Serve pages that are added later, each with its content policy, on a port of its own."""
    pages: dict[str, tuple[str, str]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, policy = pages.get(self.path, ("", ""))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", pages
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_widget_works_on_a_page_of_another_origin_under_a_strict_policy(
    chromium: Any, serve_desk: Any, ask: Any
) -> None:
    with intranet() as (host, pages), serve_desk(cors_origins=(host,)) as served:
        pages["/home"] = (
            (
                "<!doctype html><title>Intranet</title><link rel=icon href=data:,>"
                f'<script src="{served.url}/widget.js" defer></script>'
                '<frontdesk-chat heading="Ask us" open></frontdesk-chat>'
            ),
            f"default-src 'none'; script-src {served.url}; connect-src {served.url}; img-src data:",
        )
        context = chromium.new_context()
        context.set_default_timeout(20_000)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{host}/home")
        ask(page, "vpn")
        assert last_reply(page).locator("mark").inner_text() == "🚀 client and choose Connect 👍🏽"
        href = last_reply(page).get_by_role("link").get_attribute("href")
        assert href.startswith("/home#frontdesk-article=")
        page.get_by_role("button", name="Close chat").click()
        assert page.get_by_role("button", name="Open chat").is_visible()
        context.close()
    assert complaints == []


def test_message_sent_while_the_conversation_loads_comes_after_it(page: Any, ask: Any) -> None:
    ask(page, "vpn")
    held: list[Any] = []
    page.route("**/v1/sessions/*", lambda route: held.append(route))
    page.reload()
    page.get_by_label("Your message").fill("wifi")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("Loading the conversation").wait_for()
    page.locator(".me").wait_for()
    held[0].continue_()
    page.locator(".log > .reply").nth(1).wait_for()
    assert page.locator(".me .text").all_inner_texts() == ["vpn", "wifi"]
    assert page.locator(".log > .msg").count() == 4


def test_first_message_is_offered_again_after_a_reload(page: Any, desk: Any) -> None:
    page.get_by_label("Your message").fill("slow vpn")
    page.keyboard.press("Enter")
    page.get_by_text("Still searching").wait_for()
    page.reload()
    page.get_by_role("alert").get_by_text("This message was not answered.").wait_for()
    desk.desk.go_on.set()
    page.get_by_role("button", name="Send again").click()
    page.locator(".log > .reply mark").wait_for()
    assert page.locator(".me .text").all_inner_texts() == ["slow vpn"]
