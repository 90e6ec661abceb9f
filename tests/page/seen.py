"""What somebody meets on a page who hears it, moves with the keyboard, or sees little contrast."""

from typing import Any, NamedTuple

LEAST_CONTRAST = 4.5
"""Of small texts, as WCAG 2 asks at level AA."""

_CONTRASTS = """() => {
    const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const channels = (colour) => {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        return Array.from(pen.getImageData(0, 0, 1, 1).data, (value) => value / 255);
    };
    const over = (above, alpha, below) => below.map((value, i) => alpha * above[i] + (1 - alpha) * value);
    const ground = (part) => {
        if (!part) return [1, 1, 1];
        const own = channels(getComputedStyle(part).backgroundColor);
        return over(own, own[3], ground(part.parentElement));
    };
    const opacity = (part) => (part ? Number(getComputedStyle(part).opacity) * opacity(part.parentElement) : 1);
    const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const light = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    const contrast = (part, pseudo) => {
        const [below, ink] = [ground(part), channels(getComputedStyle(part, pseudo).color)];
        const seen = over(ink, ink[3] * opacity(part), below);
        const [dark, bright] = [light(seen), light(below)].sort((a, b) => a - b);
        return (bright + 0.05) / (dark + 0.05);
    };
    const found = [];
    const add = (part, words, pseudo = null) => {
        if (part.closest("noscript, :disabled") || !part.checkVisibility()) return;
        found.push([words.trim().slice(0, 60), contrast(part, pseudo)]);
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const { data, parentElement } = texts.currentNode;
        if (data.trim() && !parentElement.closest("script, select")) add(parentElement, data);
    }
    for (const field of document.querySelectorAll("select, input[type=text]")) {
        add(field, field.value || field.placeholder || "-", field.value || !field.placeholder ? null : "::placeholder");
    }
    return found;
}"""


class Node(NamedTuple):
    """What Chromium tells a screen reader of a part of the page."""

    role: str
    name: str
    focusable: bool


def told(page: Any) -> list[Node]:
    """The parts of a page in Chromium's accessibility tree."""
    session = page.context.new_cdp_session(page)
    try:
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    finally:
        session.detach()
    return [_node(each) for each in nodes if not each["ignored"]]


def _node(node: dict[str, Any]) -> Node:
    properties = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
    name = str(node.get("name", {}).get("value", ""))
    return Node(node["role"]["value"], name.strip(), bool(properties.get("focusable")))


def contrasts(page: Any) -> list[tuple[str, float]]:
    """The texts that are seen on a page, other than on disabled controls, and the contrast of each with its ground."""
    return [(words, contrast) for words, contrast in page.evaluate(_CONTRASTS)]
