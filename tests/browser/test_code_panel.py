"""The PyTorch beside the controls: who drags T sees its line marked."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.helpers import settled

PANEL = ".code_panel"


def opened(page: Page) -> None:
    page.goto("/train")
    settled(page)
    expect(page.locator(PANEL)).to_have_count(0)
    page.get_by_text("Show the PyTorch").click()
    expect(page.locator(PANEL)).to_contain_text("TEMPERATURE = 4.0")
    expect(page.locator(f"{PANEL} mark")).to_have_count(0)


def test_moving_t_marks_its_line_and_copy_takes_all_of_it(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page)
    page.locator(".st-key-recipe-temperature").get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(f"{PANEL} mark")).to_have_text("TEMPERATURE = 5.0\n")
    expect(page.locator(f"{PANEL} [role='status']")).to_contain_text("1 line")
    expect(page.locator(f"{PANEL} mark")).to_be_in_viewport()
    page.locator(PANEL).get_by_role("button", name="Copy").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("TEMPERATURE = 5.0\n")
    assert copied.rstrip().endswith("return network.eval()")
    settled(page)
    page.get_by_role("button", name="method", exact=True).or_(
        page.get_by_text("optimiser", exact=True)
    ).first.click()
    settled(page)
    expect(page.locator(f"{PANEL} mark")).to_have_text(
        "TEMPERATURE = 5.0\n"
    )  # opening something changes no setting


def test_a_method_that_looks_inside_shows_where(page: Page) -> None:
    page.goto("/train?method=relational")
    settled(page)
    page.get_by_text("Show the PyTorch").click()
    expect(page.locator(PANEL)).to_contain_text('self.features = {"penultimate": penultimate}')
    expect(page.locator(PANEL)).to_contain_text("loss = plain_loss(")
    expect(page.locator(PANEL)).not_to_contain_text("TEMPERATURE")


def test_a_method_without_a_script_says_what_to_do(page: Page) -> None:
    page.goto("/train?method=adversarial")
    settled(page)
    page.get_by_text("Show the PyTorch").click()
    expect(page.get_by_text("not for adversarial.")).to_be_visible()
    page.get_by_role("link", name="The code of this method").click()
    expect(page.get_by_role("heading", name="Adversarial")).to_be_visible()
