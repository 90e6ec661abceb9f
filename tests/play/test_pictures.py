"""What the page of a run on images is told, by src.predict, src.evaluate and the images themselves."""

import base64
import csv
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from src.data.image.drawing import SIDE, made, unmoved
from src.errors import ConfigError
from src.play.picture_run import PictureRun
from src.play.pictures import Pictures
from src.runs.evaluation import evaluate
from src.runs.prediction import predict
from src.storage.values import known_json
from tests.conftest import compose_train, trained
from tests.data.image_files import write_idx, write_pngs
from tests.page.live_server import ROOT
from tests.play.script import Script, do, kind
from tests.runs.test_evaluation import on_run
from tests.runs.test_prediction import settings

QUICK = "logger=none", "callbacks.progress_bar=null", "callbacks.figures=null", "trainer.max_epochs=2"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The folder of a run with a temperature."""
    words = "experiment=digits", "head.calibration=temperature", *QUICK
    return trained(compose_train(*words), tmp_path_factory.mktemp("digits")).folder


@pytest.fixture(scope="module")
def fashion(tmp_path_factory):
    """The folder of a CNN's run on made-up images."""
    folder = tmp_path_factory.mktemp("fashion")
    write_idx(folder, num_train=100, num_test=90)
    words = "experiment=fashion_cnn", "network.dims=[4]", f"data_dir={folder}", *QUICK
    return trained(compose_train(*words), folder / "run").folder


@pytest.fixture(scope="module")
def colour(tmp_path_factory):
    """The folder of a run on colour images in files."""
    folder = tmp_path_factory.mktemp("colour")
    write_pngs(folder / "pictures", each=20)
    place = f"data.path={folder / 'pictures'}", f"data_dir={folder}", "data.image_size=8"
    return trained(compose_train("data=image_folder", *place, *QUICK), folder / "run").folder


def asked(folder, *lines):
    """What the page of a run is told, once its test pictures are predicted, when it sends these lines."""
    script = Script(*do("show"), kind("matrix"), *lines)
    with pytest.raises(EOFError):
        Pictures(script, PictureRun(folder)).run()
    assert not script._lines
    scene, matrix, *others = script.told
    assert (scene["type"], matrix["type"]) == ("pictures", "matrix")
    return scene, matrix, others


def pixels_of(answer):
    side = answer.get("side") or round(len(base64.b64decode(answer["picture"]["bytes"])) ** 0.5)
    return np.frombuffer(base64.b64decode(answer["picture"]["bytes"]), dtype=np.uint8).reshape(side, side)


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def predicted(folder, picture, place):
    """What src.predict says of a picture, saved as a PNG."""
    Image.fromarray(picture).save(place / "drawn.png")
    predict(settings(folder, place / "drawn.png", place / "out.csv", force=True))
    (row,) = rows_of(place / "out.csv")
    return row["predicted"], [float(value) for name, value in row.items() if name.startswith("probability_")]


def drawn(drawing, moved=True):
    return {"do": "draw", "number": 7, "pixels": base64.b64encode(drawing.tobytes()).decode(), "moved": moved}


def hook():
    """A drawing."""
    drawing = np.zeros((SIDE, SIDE), dtype=np.uint8)
    drawing[20:90, 50:62] = 255
    drawing[20:32, 30:62] = 255
    return drawing


@pytest.mark.parametrize("run", ["digits", "fashion"])
@pytest.mark.parametrize("moved", [True, False])
def test_a_drawing_gets_the_probabilities_that_predict_gives_its_picture(run, moved, request, tmp_path):
    folder = request.getfixturevalue(run)
    scene, _, (answer,) = asked(folder, drawn(hook(), moved))
    way = "digits" if run == "digits" else "fashion"
    picture = made(hook(), way).picture if moved else unmoved(hook(), way)
    assert (scene["way"], answer["type"], answer["heard"]) == (way, "drawn", 7)
    assert pixels_of(answer).tolist() == picture[0].tolist()
    name, probabilities = predicted(folder, pixels_of(answer), tmp_path)
    assert answer["predicted"] == name
    assert answer["probabilities"] == pytest.approx(probabilities, abs=1e-6)
    assert sum(probabilities) == pytest.approx(1)


def test_the_temperature_of_a_run_is_used_and_told(digits):
    scene, *_ = asked(digits)
    assert scene["temperature"] == known_json(digits / "calibration.json")["temperature"] != 1
    assert scene["accuracy"] == known_json(digits / "metrics.json")["test/accuracy"]


@pytest.mark.parametrize("run", ["digits", "fashion", "colour"])
def test_cells_hold_the_rows_that_evaluate_counts_in_them_the_surest_first(run, request):
    folder = request.getfixturevalue(run)
    scene, matrix, _ = asked(folder)
    assert matrix["counts"] == known_json(folder / "metrics.json")["test/confusion_matrix"]
    rows, classes = rows_of(evaluate(on_run(folder)) / "predictions.csv"), scene["classes"]
    cells = [(truth, guess) for truth in range(len(classes)) for guess in range(len(classes))]
    asking = [{"do": "cell", "truth": truth, "predicted": guess, "start": 0} for truth, guess in cells]
    seen = []
    for (truth, guess), cell in zip(cells, asked(folder, *asking)[2], strict=True):
        assert cell["all"] == matrix["counts"][truth][guess]
        assert cell["of"] == sum(matrix["counts"][truth])
        assert len(cell["rows"]) == min(48, cell["all"])
        surest = [told["probability"] for told in cell["rows"]]
        assert surest == sorted(surest, reverse=True)
        size = cell["side"] ** 2 * scene["channels"]
        assert len(base64.b64decode(cell["pixels"]["bytes"])) == size * len(cell["rows"])
        for told in cell["rows"]:
            row = rows[told["row"]]
            assert (row["target"], row["predicted"]) == (classes[truth], classes[guess])
            assert told["probability"] == pytest.approx(float(row[f"probability_{classes[guess]}"]), abs=1e-6)
            assert told["name"] == row.get("image")
            seen.append(told["row"])
    assert sorted(seen) == list(range(len(rows)))


def test_a_test_picture_is_shown_as_it_is(digits, colour):
    for folder in (digits, colour):
        run = PictureRun(folder)
        scene, _, (answer,) = asked(folder, {"do": "row", "row": 3, "number": 2})
        assert base64.b64decode(answer["picture"]["bytes"]) == run.data.splits.test.x[3].numpy().tobytes()
        assert answer["truth"] == scene["classes"][run.data.splits.test.y[3]]
        row = rows_of(evaluate(on_run(folder)) / "predictions.csv")[3]
        said = [float(row[f"probability_{name}"]) for name in scene["classes"]]
        assert answer["probabilities"] == pytest.approx(said, abs=1e-6)


def test_large_cells_come_in_parts(fashion):
    run = PictureRun(fashion)
    list(run.judging())
    run.predicted = torch.zeros_like(run.predicted)
    run.truth = torch.zeros_like(run.truth)
    script = Script(
        *do("show"), kind("matrix"), *({"do": "cell", "truth": 0, "predicted": 0, "start": n} for n in (0, 48))
    )
    run.judging = lambda: iter(())
    with pytest.raises(EOFError):
        Pictures(script, run).run()
    first, second = (message for message in script.told if message["type"] == "cell")
    assert (first["all"], len(first["rows"]), len(second["rows"])) == (90, 48, 42)
    assert len({told["row"] for told in first["rows"] + second["rows"]}) == 90


def test_an_empty_canvas_is_no_picture(digits):
    (answer,) = asked(digits, drawn(np.zeros((SIDE, SIDE), dtype=np.uint8)))[2]
    assert answer == {"type": "drawn", "heard": 7, "moved": True, "picture": None}


def test_pictures_in_colour_cannot_be_drawn(colour):
    scene, _, (refused,) = asked(colour, drawn(hook()))
    assert (scene["way"], scene["channels"]) == (None, 3)
    assert refused["line"].startswith("drawing: works for runs on digits, MNIST and Fashion-MNIST;")


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ({"do": "draw", "pixels": "AAAA"}, "drawing: should be 112 × 112 bytes in base 64; draw again"),
        ({"do": "draw", "pixels": "ä" * 16728}, "drawing: should be 112 × 112 bytes"),
        ({"do": "draw", "pixels": ["A"] * 20}, "drawing: should be 112 × 112 bytes"),
        ({"do": "draw"}, "drawing: should be 112 × 112 bytes"),
        ({"do": "row", "row": 360}, "row: should be a whole number from 0 to 359 (got '360')"),
        ({"do": "row", "row": True}, "row: should be a whole number"),
        ({"do": "row", "row": 1.5}, "row: should be a whole number"),
        ({"do": "cell", "truth": 10, "predicted": 0, "start": 0}, "truth: should be a whole number from 0 to 9"),
        ({"do": "cell", "truth": 1, "predicted": "0", "start": 0}, "predicted: should be a whole number"),
        ({"do": "cell", "truth": 0, "predicted": 0, "start": 10**9}, "start: should be a whole number"),
    ],
)
def test_what_a_page_would_not_send_is_refused_in_a_line_and_the_next_is_answered(digits, message, line):
    refused, answer = asked(digits, {**message, "number": 3}, *do("frobnicate"), drawn(hook()))[2]
    assert (refused["type"], refused["heard"]) == ("refused", 3)
    assert refused["line"].startswith(line)
    assert answer["type"] == "drawn"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("experiment=xor", "data.num_train=100"),
            "run: the page opens runs on images (got {run}, which was trained on XOR); to see its training, use "
            "python -m src.export run={run} format=replay",
        ),
        (
            ("experiment=iris",),
            "run: the page opens runs on images (got {run}, which was trained on Iris); to see its scores, use "
            "python -m src.evaluate run={run}",
        ),
    ],
)
def test_runs_on_other_data_are_refused(train, words, line):
    folder = train(*words, "trainer.max_epochs=1").folder
    with pytest.raises(ConfigError) as refused:
        PictureRun(folder)
    assert str(refused.value) == line.format(run=folder)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["run=nowhere"], "run: nowhere is not a run folder (it has no .hydra/config.yaml); try run=latest"),
        (["run=latest", "data.path=a.csv"], "run: the page of a finished run has its own data (got data.path=a.csv)"),
        (["run=latest", "exercise=and"], "run: the page of a finished run has its own data (got exercise=and)"),
        (["data_dir=there"], "run: data_dir=there is about a finished run, and none is named; add run=…"),
        (["run={broken}"], "best.ckpt: there is no such checkpoint"),
    ],
)
def test_the_command_ends_in_one_line_before_it_serves_anything(words, line, digits, tmp_path):
    broken = shutil.copytree(digits, tmp_path / "broken")
    (broken / "checkpoints" / "best.ckpt").unlink()
    words = [word.format(broken=broken) for word in words]
    command = [sys.executable, "-m", "src.play", "open=false", "port=0", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert line in done.stderr
