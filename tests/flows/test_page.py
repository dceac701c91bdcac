"""A request opened up: what it is, who waits, what happened, and what the reader may do about it."""

from sandbox import Message
from tests.flows.house import House, modal, opened


async def test_a_request_opens_up_from_its_card_and_forms_open_on_top_of_it(database_url: str) -> None:
    async with opened(database_url) as house:
        card = await a_card(house)
        alice, boris = house.person("Alice"), house.person("Boris")

        page = modal(await alice.press("More", on=card))
        assert page.title == "R-12"
        assert page.text.splitlines()[1:6] == [
            "k8s-connector",
            "They can't see what their clusters cost.",
            "WSJF 2.6, #1 of 10",
            "Size 5 · Alice guesses value 8, time 2, risk & opportunity 3",
            "Nobody answers for it yet · asked by Alice",
        ]
        assert "Acme Bank · €180k a year, behind 3 asks · from Alice" in page.text
        assert page.text.splitlines()[-4:-1] == [
            "What happened",
            "23 November, Tanya: size 13 → 5.",
            "23 November, Alice: filed.",
        ]
        assert page.buttons == [
            "Estimate",
            "Add my customer",
            "Why #1?",
            "What may I tell customers?",
            "Ask",
            "Watch",
            "Blocked?",
            "Take it to strategy",
            "Edit",
            "Edit",
        ]

        page = modal(await boris.press("More", on=card))
        assert page.buttons[:9] == [
            "Estimate",
            "Add my customer",
            "Why #1?",
            "What may I tell customers?",
            "Ask Alice",
            "Move",
            "Sort",
            "Is it used?",
            "Watch",
        ]
        estimate = modal(await boris.press("Estimate", on=page))
        saved = modal(await (await estimate.fill({"User/Business value": 13})).submit())
        assert "WSJF 2.6 → 3.6, now #1 of 10" in saved.text
        assert modal(await saved.close()) == page


async def test_what_people_wrote_is_shown_as_they_wrote_it(sqlite_url: str) -> None:
    async with opened(sqlite_url) as house:
        form = modal(await house.person("Alice").slash("/request <!channel> *bold* & <https://x.test|y>"))
        await (await form.fill({"Business problem": "They write <@U1> & _that_ " * 100})).submit()
        page = modal(await house.person("Alice").press("More", on=await house.card("<!channel>")))
        assert "<!channel> *bold* & <https://x.test|y>" in page.text


async def a_card(house: House) -> Message:
    form = modal(await house.person("Alice").slash("/request k8s-connector"))
    await form.fill(
        {
            "Business problem": "They can't see what their clusters cost.",
            "Customers": ["Acme Bank", "Harbor Health"],
            "User/Business value": 8,
            "Time criticality": 2,
            "Risk reduction": 3,
            "Job size": 13,
        }
    )
    await form.submit()
    card = await house.card("k8s-connector", "#3")
    estimate = modal(await house.person("Tanya").press("Estimate", on=card))
    await (await estimate.fill({"Job size": 5})).submit()
    return await house.card("k8s-connector", "Size 5")
