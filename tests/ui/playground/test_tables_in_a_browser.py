"""Tables that are typed into, that fill step by step, and numbers that have names."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow


def sent(page: Page, name: str) -> list[float]:
    """A list of numbers as the address has it."""
    values = page.evaluate("name => new URL(location).searchParams.get(name)", name)
    return [float(number) for number in values.split(",")]


def test_a_number_typed_into_a_corner_of_a_matrix_lands_in_its_row(
    page: Page, empty_studio: str
) -> None:
    page.goto(f"{empty_studio}/matmul")
    inputs = page.locator("figure", has_text="Inputs: a row").locator("input")
    inputs.nth(3).fill("7,5")  # second row, first column, of three
    inputs.nth(3).press("Enter")
    page.wait_for_url("**inputs=*")
    assert sent(page, "inputs")[4] == 7.5
    inputs.nth(0).fill("banana")
    inputs.nth(0).press("Enter")
    expect(inputs.nth(0)).to_have_value("1")


def test_cells_are_empty_until_their_step(page: Page, empty_studio: str) -> None:
    page.goto(f"{empty_studio}/matmul")
    cells = page.locator("figure", has_text="Inputs × weights").locator("td")
    expect(cells).to_have_text(["", "", "", ""])
    page.get_by_role("button", name="A step on").click()
    expect(cells).to_have_text(["5", "", "", ""])
    expect(cells.nth(0)).to_have_class("lit cross")
    expect(page.get_by_role("button", name="New data")).to_have_count(0)


def test_a_kernel_has_a_name_until_it_is_changed(page: Page, empty_studio: str) -> None:
    page.goto(f"{empty_studio}/convolution")
    cells = page.locator("figure", has_text="The kernel").locator("input")
    sharpen = page.get_by_role("button", name="sharpen")
    sharpen.click()
    expect(cells.nth(4)).to_have_value("5")
    expect(sharpen).to_have_attribute("aria-pressed", "true")
    cells.nth(4).fill("6")
    cells.nth(4).press("Enter")
    expect(sharpen).to_have_attribute("aria-pressed", "false")
    page.wait_for_url("**kernel=*")
    assert sent(page, "kernel") == [0, -1, 0, -1, 6, -1, 0, -1, 0]
