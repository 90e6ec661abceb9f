"""The page is one file, whose script and style alone may run, and whose data are texts."""

import base64
import hashlib
import json
import re

import pytest

from src.page.document import STATIC, document, pictures_document
from src.page.modules import as_one_script

HOSTILE = [
    '</script><img src=x onerror="document.title=1">',
    "<b>bold</b> & 'quoted' \"twice\"",
    "{{data}} {{script}} <!--<script>",
]


def parts(page, tag):
    return re.findall(rf"<{tag}(?: [^>]*)?>(.*?)</{tag}>", page, re.DOTALL)


def test_policy_names_the_page_s_own_script_and_style_and_nothing_else():
    page = document({"title": "x"})
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    *_, script = parts(page, "script")
    (style,) = parts(page, "style")
    for name, text in (("script", script), ("style", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)  # a name of SVG's, not an address to fetch
    assert not re.search(r'\bstyle="|\bon\w+="', page)


def test_the_page_of_pictures_is_small_and_connects_to_its_own_server_alone():
    policy, page = pictures_document(["ws://127.0.0.1:1"])
    assert policy.endswith("; connect-src ws://127.0.0.1:1")
    assert "unsafe" not in policy
    assert f'content="{policy}"' in page
    assert len(page.encode()) < 70_000
    assert "{{" not in page


def test_data_end_no_element_and_come_back_as_they_were():
    page = document({"classes": HOSTILE, "nothing": float("nan")})
    _, data, _ = parts(page, "script")
    assert json.loads(data) == {"classes": HOSTILE, "nothing": None}
    assert "<" not in data


def test_no_part_of_the_page_makes_markup_of_text():
    source = "".join(path.read_text() for path in STATIC.glob("*.js"))
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "new Function",
        "fetch(",
        "http:",
    ):
        assert way not in source.replace("http://www.w3.org/2000/svg", "")


def test_every_text_that_is_asked_for_is_there():
    texts = {key: text for path in STATIC.glob("texts.*.json") for key, text in json.loads(path.read_text()).items()}
    source = "".join(path.read_text() for path in STATIC.glob("*.js"))
    html = "".join(path.read_text() for path in STATIC.glob("*.html"))
    asked = set(re.findall(r'\btext\("([\w.]+)"', source)) | set(re.findall(r'data-(?:text|label)="([\w.]+)"', html))
    helped = set(re.findall(r'data-help="([\w.]+)"', html))
    assert asked | {f"help.{name}" for name in helped} <= texts.keys()


def test_modules_become_one_script_in_the_order_of_their_imports(tmp_path):
    (tmp_path / "main.js").write_text('import { twice } from "./maths.js";\n// said\nconsole.log(twice(2));\n')
    (tmp_path / "maths.js").write_text("export function twice(x) {\n  return 2 * x;\n}\n")
    assert as_one_script(tmp_path, "main").splitlines() == [
        *("const module_maths=(()=>{", "function twice(x){", "return 2 * x;", "}", "return{twice};", "})();"),
        *("const module_main=(()=>{", "const{twice}=module_maths;", "console.log(twice(2));"),
        *("return{};", "})();"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('import all from "./maths.js";', "cannot bundle 'import all"),
        ("export default 3;", "cannot bundle 'export default 3;'"),
        ('import { x } from "./main.js";', "main.js imports itself"),
    ],
)
def test_other_imports_are_refused(tmp_path, line, message):
    (tmp_path / "main.js").write_text(f"{line}\n")
    with pytest.raises(ValueError, match=re.escape(message)):
        as_one_script(tmp_path, "main")
