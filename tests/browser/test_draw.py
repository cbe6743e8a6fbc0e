"""A test drawn on the page leaves as a file. That such a file loads back as it is: tests/analysis/test_lift_plan.py."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.rig import click, go, ready


def test_the_assignment_leaves_as_a_file_with_every_customer_once(page: Page, url: str, tmp_path: Path):
    go(page, url, "plan")
    click(page, page.locator(".st-key-draw_now button"))
    # No channel is ticked, so nobody's consent would be looked at: that is asked first.
    click(page, page.locator(".st-key-draw_without_consent button"))
    download_button = page.locator(".st-key-assignment_file button")
    expect(download_button).to_be_visible(timeout=60_000)
    ready(page)
    with page.expect_download() as caught:
        click(page, download_button)
    file = tmp_path / "tilldelning.csv"
    caught.value.save_as(file)
    rows = [row.split(",") for row in file.read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["customer_id", "test", "arm", "assigned_on", "channel", "contact_cost", "is_control"]
    assert len({row[0] for row in rows[1:]}) == len(rows) - 1 > 1000
    assert len({row[2] for row in rows[1:]}) > 1
    assert len({row[6] for row in rows[1:]}) == 2, "those who are left alone and those who are not"
