"""Methods in a real browser: the Reference page, and what is particular to a method while it trains."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from kdcore.methods.registry import methods
from tests.browser.helpers import settled, start, trained

CNNS = "/train?teacher=cnn-small&student=cnn-small&teacher_epochs=2&epochs=300"


def test_the_reference_finds_a_method_and_hands_it_to_the_train_page(page: Page) -> None:
    page.goto("/reference?card=soft-targets")
    settled(page)
    listed = page.get_by_test_id("stRadio").get_by_role("radio")
    expect(listed).to_have_count(len(methods()))

    page.get_by_label("Search").fill("attention zagoruyko")
    page.get_by_label("Search").press("Enter")
    expect(listed).to_have_count(1)
    expect(page).to_have_url(re.compile("find=attention"))
    expect(page.get_by_role("heading", name="Attention transfer")).to_be_visible()
    page.get_by_text("Code: kdcore/methods/attention_transfer.py").click()
    expect(page.get_by_text("def plan(experiment", exact=False)).to_be_visible()

    page.get_by_role("link", name="Use it on the Train page").click()
    expect(page).to_have_url(re.compile(r"/train\?.*method=attention-transfer"))
    expect(page.get_by_role("combobox", name="Method")).to_have_value("Attention transfer · features")

    page.goto("/reference?card=nothing")
    settled(page)
    expect(page.get_by_text("There is no method 'nothing'")).to_be_visible()
    expect(page.get_by_role("heading", name="Soft targets")).to_be_visible()


def test_attention_maps_of_three_networks_appear_and_move(page: Page) -> None:
    start(page, f"{CNNS}&method=attention-transfer")
    rows = page.locator(".method_pictures tr")
    expect(rows).to_have_count(4)  # the images, the teacher, the twin, the student
    student = rows.nth(3).locator("img").first
    first = student.get_attribute("src")
    expect(student).not_to_have_attribute("src", first or "")


def test_each_peer_has_a_curve(page: Page) -> None:
    start(page, "/train?method=mutual-learning&epochs=2000")
    trained(page)
    expect(page.locator(".st-key-error_chart .mark-line path")).to_have_count(3)
    expect(page.locator(".figure", has_text="teacher")).to_contain_text("not asked")
    expect(page.locator(".figure", has_text="peer").locator(".value")).to_have_text(re.compile(r"\d"))


def test_the_discriminators_accuracy_is_drawn(page: Page) -> None:
    start(page, "/train?method=adversarial&epochs=2000")
    trained(page)
    expect(page.locator(".st-key-measured_chart .mark-line path").first).to_be_visible()
    expect(page.locator(".st-key-measured_chart svg.marks")).to_contain_text("accuracy")


def test_made_images_appear_and_move(page: Page) -> None:
    start(page, "/train?method=data-free&epochs=2000")
    made = page.locator(".made_images img")
    expect(made).to_have_count(12)
    first = made.first.get_attribute("src")
    expect(made.first).not_to_have_attribute("src", first or "")


def test_the_picker_shows_where_the_networks_are_tapped(page: Page) -> None:
    page.goto("/train?method=adversarial&more=method")
    settled(page)
    drawing = page.locator(".method_diagram img")
    expect(drawing).to_have_count(1)
    expect(drawing).to_have_attribute("alt", re.compile("discriminator.*reads"))
    assert drawing.evaluate("image => image.naturalWidth") > 0
