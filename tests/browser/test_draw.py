"""A test drawn on the page: the file that is downloaded loads back as it is, and the test stands among the others."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.rig import go, ready


def test_the_assignment_file_loads_back_as_it_is(page: Page, url: str, tmp_path: Path):
    go(page, url, "plan")
    page.locator(".st-key-draw_now button").click()
    # No channel is ticked, so nobody's consent would be looked at: that is asked first.
    page.locator(".st-key-draw_without_consent button").click()
    download_button = page.locator(".st-key-assignment_file button")
    expect(download_button).to_be_visible(timeout=60_000)
    ready(page)
    with page.expect_download() as caught:
        download_button.click()
    file = tmp_path / "tilldelning.csv"
    caught.value.save_as(file)
    rows = file.read_text(encoding="utf-8").splitlines()
    assert rows[0] == "customer_id,test,arm,assigned_on,channel,contact_cost,is_control"
    sales = tmp_path / "kvitton.csv"
    drawn = [row.split(",")[0] for row in rows[1:]]
    day = rows[1].split(",")[3]
    sales.write_text(
        "customer_id,ordered_at,amount\n" + "".join(f"{who},{day},100\n" for who in drawn[:50]), encoding="utf-8"
    )
    go(page, url, "upload")
    page.set_input_files('[data-testid="stMain"] input[type=file]', [str(sales), str(file)])
    read = page.locator(".st-key-read button")
    expect(read).to_have_text(re.compile("Läs in 2"))
    ready(page)
    read.click()
    expect(page.locator(".st-key-to_overview button")).to_be_visible(timeout=60_000)
    ready(page)
    expect(page.locator('[data-testid="stMain"]').get_by_text("lästes inte")).to_have_count(0)
    page.get_by_role("link", name="Alla test", exact=True).click()
    # The register knows the test, and that its window is not over: the purchases end on the day of the send.
    expect(page.locator('[data-testid="stMain"] h1').first).to_contain_text("Inget av 1 test")
