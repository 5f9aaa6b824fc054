"""Looks at the service's page as a user does: in a real browser, without any other network.

Usage: look_at_page.py URL, of a service over the sample features of jvm/service's tests, whose PageTest starts this.

Needs playwright and a chromium (CHRONON_CHROMIUM names one that is not in PATH). Exits with 77 and a reason where one
is missing, and with 1 at the first thing that is not as it should be. CHRONON_SCREENSHOT names a file for a picture.
"""

import os
import shutil
import sys
from typing import Any
from urllib.parse import urlsplit

SKIPPED = 77


def skip(reason: str) -> None:
    print(reason)
    sys.exit(SKIPPED)


def rows(page: Any, table: str) -> list[list[str]]:
    """The cells of a table, row by row, without its head."""
    return page.eval_on_selector_all(
        f"#{table} tr:has(td)", "all => all.map(row => [...row.cells].map(cell => cell.textContent))"
    )


def look(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="shop/training.v1").wait_for()
    listed = page.locator("nav div button").all_text_contents()
    # Names are text: one with a bracket in it does not become markup.
    assert listed == ["shop/<offline>.v1", "shop/training.v1", "shop.purchases.v1"], listed

    page.fill("#filter", "train")
    visible = page.locator("nav div button:visible").all_text_contents()
    assert visible == ["shop/training.v1"], visible
    page.fill("#filter", "")

    page.get_by_role("button", name="shop/training.v1").click()
    page.locator("#entity:visible").wait_for()
    assert rows(page, "keys") == [["user_id", "string"]], rows(page, "keys")
    assert rows(page, "values") == [["shop_purchases_v1_price_sum_7d", "long", "shop.purchases.v1"]]
    assert page.input_value("#body") == '[{"user_id":""}]', page.input_value("#body")

    page.fill("#body", '[{"user_id":"5"},{"user_id":null},{"user_id":7}]')
    page.fill("#at", "1700000000000")
    page.get_by_role("button", name="Fetch").click()
    page.locator("#results td").first.wait_for()
    results = rows(page, "results")
    first = {feature: value for number, _, feature, value in results if number == "0"}
    assert first["at"] == "1700000000000", first
    assert first["large"] == "9007199254740993", "a number beyond 2^53, digit for digit"
    assert first["text"] == "<b>5</b>", first
    assert first["struct"] == '["a",1,null]', first
    assert (first["nothing"], first["nan"]) == ("null", "NaN"), first
    assert first["histogram"] == r'{"a\"b":2}', first
    assert [row[3] for row in results if row[0] == "1"] == ["nothing for this key"], results
    assert "must be a text" in next(row[3] for row in results if row[0] == "2"), results
    errors = page.locator("#results td.error").all_text_contents()
    assert ["scores are down" in error for error in errors] == [True, False], errors

    page.fill("#body", "no JSON")
    page.get_by_role("button", name="Fetch").click()
    page.locator("#error", has_text="400: request body").wait_for()
    assert rows(page, "results") == []

    page.select_option("#kind", "groupby")
    page.fill("#name", "shop.purchases.v1")
    page.get_by_role("button", name="Show").click()
    page.locator("#title", has_text="shop.purchases.v1").wait_for()
    assert rows(page, "values") == [["shop_purchases_v1_price_sum_7d", "long"]]

    page.fill("#name", "shop.other.v1")
    page.get_by_role("button", name="Show").click()
    page.locator("#error", has_text="404: there is no group-by shop.other.v1").wait_for()
    assert not page.locator("#entity").is_visible()


def main() -> None:
    url = sys.argv[1]
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        skip("playwright is not installed: pip install playwright")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHRONON_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        skip("there is no chromium; install it, or name it in CHRONON_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(20_000)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: problems.append(f"asks {request.url}")
            if urlsplit(request.url).netloc not in (urlsplit(url).netloc, "")
            else None,
        )
        look(page, url)
        screenshot = os.environ.get("CHRONON_SCREENSHOT")
        if screenshot:
            page.screenshot(path=screenshot)
        browser.close()
        assert problems == [], problems
    print("the page is as it should be")


main()
