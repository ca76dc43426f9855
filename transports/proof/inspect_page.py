#!/usr/bin/env -S python3 -B
"""The page `/inspect` in Chromium: marks, parsing, the slider, no script, dark mode. It leaves pictures in
target/proof-pictures/. Needs: chromium, chromium-driver."""

from proof import TARGET, TRANSPORTS, binary, check, serve, wait_until
from webdriver import Driver, chromium

PICTURES = TARGET / "proof-pictures"

MARKED = """
const word = [...document.querySelectorAll(".name")].find((name) => name.textContent === "Host");
const marked = () => [...document.querySelectorAll(".events .on b")].map((event) => event.textContent);
const before = marked();
word.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
const during = marked();
word.dispatchEvent(new MouseEvent("mouseout", {bubbles: true}));
word.focus();
const focused = marked();
word.blur();
return [before, during, focused, marked()];
"""

TYPE = """
const raw = document.getElementById("raw");
raw.value = arguments[0];
document.querySelector("form button").click();
"""

RESULT = """
const result = document.getElementById("result");
const texts = (selector) => [...result.querySelectorAll(selector)].map((part) => part.textContent);
return {events: texts(".events b"), words: texts(".bytes .value, .bytes .content"),
    fault: texts(".fault"), refused: texts(".refused"), length: result.querySelector(".trace")?.dataset.length,
    images: document.images.length, attacked: window.attacked ?? null};
"""

FED = """
const slider = document.getElementById("fed");
slider.value = arguments[0];
slider.dispatchEvent(new Event("input"));
const visible = (part) => !part.classList.contains("later");
return [...document.querySelectorAll("#result [data-after]")].filter(visible)
    .map((event) => event.querySelector("b, p").textContent);
"""


def typed(browser, text, length):
    """Returns what the page shows for a typed request."""
    browser.evaluate(TYPE, text)
    return wait_until(lambda: (found := browser.evaluate(RESULT))["length"] == str(length) and found,
                      f"the events of {text!r}")


def look_at(browser, server):
    browser.open(server.url + "/inspect")
    browser.evaluate("document.cookie = 'id=secret'")
    text = browser.text(server.url + "/inspect")
    check("How your request was parsed" in text and "GET /inspect HTTP/1.1" in text,
          f"{server.transport}: the page shows its own request", text)
    check("secret" not in text and "*********" in text, "cookies are covered", text)
    color = "return getComputedStyle(document.querySelector('.method')).color"
    light = browser.evaluate(color)
    check(light != browser.evaluate("return getComputedStyle(document.body).color"),
          "words have colours", light)
    marks = browser.evaluate(MARKED)
    check(marks == [[], ["Header"], ["Header"], []], "a word marks its event, and back", marks)
    browser.screenshot(PICTURES / "own.png")

    lengths = typed(browser, "POST / HTTP/1.1\nHost: a\nContent-Length: 3\n\n\\x00\\\\\\t", 50)
    check(lengths["events"] == ["RequestLine", "Header", "Header", "HeadEnd", "Body", "End"]
          and lengths["words"] == ["a", "3", "\\x00\\\\\\t"], "typed lines and escapes are parsed", lengths)
    escaped = typed(browser, "GET / HTTP/1.1\\r\\n\nHost: a\\n\n\\r\\n\n", 26)
    check(escaped["fault"] == ["\\n\n"] and "bare_lf" not in escaped["refused"]
          and "line feed without a carriage return" in escaped["refused"][0],
          "an escaped line end is taken as it is", escaped)

    hostile = "GET / HTTP/1.1\nHost: a\nX: <img src=x onerror=attacked=1><script>attacked=1</script>\n\n"
    found = typed(browser, hostile, len(hostile) + 4)
    check(found["words"][1].startswith("<img") and found["images"] == 0 and found["attacked"] is None,
          "markup is shown and not obeyed", found)

    browser.open(server.url + "/inspect?chunks")
    size = int(browser.evaluate("return document.getElementById('fed').max"))
    events = [browser.evaluate(FED, fed) for fed in range(size + 1)]
    check(all(a == b[:len(a)] for a, b in zip(events, events[1:])) and events[0] == []
          and events[-1][-2:] == ["Trailer", "End"], "the slider only adds events", events[-1])
    browser.open(server.url + "/inspect?cl-te#box")
    refused = browser.evaluate(RESULT)
    check("RFC 9112 section 6.1" in refused["refused"][0] and "smuggling" in refused["refused"][0],
          "an attack of the gallery is refused, with its rule", refused)
    browser.screenshot(PICTURES / "attack.png")

    browser.devtools("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": "dark"}])
    browser.open(server.url + "/inspect")
    check(browser.evaluate(color) != light, "there is a dark mode", light)
    browser.screenshot(PICTURES / "dark.png")

    browser.devtools("Emulation.setDeviceMetricsOverride",
                     width=380, height=800, deviceScaleFactor=1, mobile=True)
    browser.open(server.url + "/inspect?cl-te")
    width = browser.evaluate("return document.documentElement.scrollWidth")
    check(width <= 380, "a narrow screen needs no horizontal scrolling", width)
    browser.screenshot(PICTURES / "narrow.png")

    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(server.url + "/inspect?two-hosts")
    source = browser.call("GET", f"{browser.session}/source")
    check("more than one host line" in source and "<form" in source and 'hidden=""' in source,
          "without a script, the examples are parsed and the box isn't shown", source)


def main():
    path = binary()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for transport in TRANSPORTS:
        with serve(path, transport) as server, Driver(*chromium()) as browser:
            look_at(browser, server)


main()
