"""What the console's and the citizens' pictures show in a browser, read from the marks that the hall burns in."""

import base64

import numpy as np
from playwright.sync_api import Page

from hardware_mocks import marks
from tests.system.pages.operator import eventually

# What a picture element shows, as luma at 640x360; only the rows of the strip, the rest is of no use here.
WIDTH, HEIGHT, STRIP_ROWS = 640, 360, 24
STRIP = f"""element => {{
  const canvas = document.createElement('canvas');
  canvas.width = {WIDTH}; canvas.height = {HEIGHT};
  const context = canvas.getContext('2d', {{willReadFrequently: true}});
  context.drawImage(element, 0, 0, {WIDTH}, {HEIGHT});
  const rgba = context.getImageData(0, {HEIGHT - STRIP_ROWS}, {WIDTH}, {STRIP_ROWS}).data;
  let bytes = '';
  for (let i = 1; i < rgba.length; i += 4) bytes += String.fromCharCode(rgba[i]);
  return btoa(bytes);
}}"""
RTC_SHOWN = """document.querySelector('#moniteur-programme').hasAttribute('data-rtc')
  && getComputedStyle(document.querySelector('#video-programme')).visibility === 'visible'"""
POSITION = "document.querySelector('#video').currentTime"


def shown(page: Page, selector: str) -> marks.Mark | None:
    """The hall's mark on what a video or a canvas shows at this instant; None for a slate."""
    luma = np.zeros((HEIGHT, WIDTH), np.uint8)
    strip = base64.b64decode(page.locator(selector).evaluate(STRIP))
    luma[-STRIP_ROWS:] = np.frombuffer(strip, np.uint8).reshape(STRIP_ROWS, WIDTH)
    return marks.read(luma)


def shows_camera(page: Page, selector: str, camera: int, after_ms: int = 0) -> bool:
    """Is this camera on that picture, later than this instant of the hall?"""
    mark = shown(page, selector)
    return mark is not None and mark.camera == camera and mark.ms > after_ms


def hall_ms(page: Page, selector: str) -> int:
    """The hall's time on a picture, as soon as one is readable."""
    seen: list[marks.Mark | None] = []

    def readable() -> bool:
        seen.append(shown(page, selector))
        return seen[-1] is not None

    eventually(page, readable)
    assert seen[-1] is not None
    return seen[-1].ms
