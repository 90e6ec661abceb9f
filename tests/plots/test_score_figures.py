"""Figures of scores show every class, or the worst of many, and nothing runs over the edge."""

import math

import numpy as np
import pytest
import torch

from src.plots.calibration import calibration_figure
from src.plots.confusion import confusion_figure
from src.plots.palette import INK
from src.plots.precision_recall import precision_recall_figure
from src.plots.roc import roc_figure
from src.plots.style import to_png
from src.plots.thresholds import thresholds_figure

NAN = math.nan


def doubles(**columns):
    return {name: torch.tensor(values, dtype=torch.float64) for name, values in columns.items()}


ROC = doubles(fpr=[0, 0, 0.5, 1], tpr=[0, 0.6, 0.8, 1], threshold=[math.inf, 0.9, 0.4, 0.1])
PR = doubles(precision=[0.25, 0.5, 0.9, 1], recall=[1, 0.8, 0.3, 0], threshold=[0.1, 0.4, 0.9, math.inf])
CALIBRATION = doubles(mean_probability=[0.05, 0.52, 0.97], observed=[0.1, 0.5, 0.8], count=[40, 3, 7])
THRESHOLDS = doubles(
    threshold=[0, 0.5, 1], tpr=[1, 0.8, 0], fpr=[1, 0.1, 0], precision=[0.3, 0.7, 1], recall=[1, 0.8, 0]
)
UNDEFINED = doubles(fpr=[0, 0.5, 1], tpr=[NAN, NAN, NAN], threshold=[math.inf, 0.9, 0.4])


def names_of(num_classes, length=10):
    return [f"{label:02d}".rjust(length, "n") for label in range(num_classes)]


def rising(names):
    """Scores from 0.5 on, the lowest for the first name of the alphabet."""
    return {name: 0.5 + sorted(names).index(name) / 100 for name in names}


def roc(names, **more):
    return roc_figure(dict.fromkeys(names, ROC), rising(names), **more)


def precision_recall(names, **more):
    return precision_recall_figure(dict.fromkeys(names, PR), rising(names), **more)


def calibration(names, **more):
    return calibration_figure(dict.fromkeys(names, CALIBRATION), **more)


def confusion(names, **more):
    return confusion_figure(torch.full((len(names), len(names)), 999), tuple(names), normalized=True, **more)


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def line(axis, label):
    (found,) = [line for line in axis.lines if line.get_label() == label]
    return found


@pytest.mark.parametrize(("num_classes", "length"), [(1, 2), (1, 60), (3, 12), (10, 12), (26, 60)])
@pytest.mark.parametrize("figure", [roc, precision_recall, calibration])
def test_nothing_runs_over_the_edge(figure, num_classes, length):
    drawn = figure(names_of(num_classes, length), title="a title")
    stays_inside(drawn)
    assert drawn.axes[0].get_position().width * drawn.get_figwidth() > 3.3  # inches, whatever the legend takes


@pytest.mark.parametrize(("num_classes", "length"), [(2, 3), (3, 12), (10, 11), (14, 24)])
def test_no_label_of_a_confusion_matrix_runs_over_the_edge(num_classes, length):
    stays_inside(confusion(names_of(num_classes, length), title="a title"))


def stays_inside(figure):
    to_png(figure)
    box, (width, height) = figure.get_tightbbox(figure.canvas.get_renderer()), figure.get_size_inches()
    assert box.x0 > 0
    assert box.y0 > 0
    assert box.x1 < width
    assert box.y1 < height


@pytest.mark.parametrize(("figure", "kind"), [(roc, "AUC"), (precision_recall, "AP")])
def test_legend_states_the_score_of_each_of_few_classes(figure, kind):
    assert legend(figure(["cat", "dog"]))[:2] == [f"cat  {kind} 0.500", f"dog  {kind} 0.510"]


@pytest.mark.parametrize(("figure", "kind"), [(roc, "AUC"), (precision_recall, "AP")])
def test_of_many_classes_the_five_worst_and_the_mean_are_drawn(figure, kind):
    names = names_of(11, 3)
    worst = [f"n0{k}  {kind} 0.5{k}0" for k in range(5)]
    assert legend(figure(names[::-1]))[:-1] == [*worst, f"mean of 11  {kind} 0.550"]  # the last is what to compare with
    assert len(legend(figure(names[:10]))) == 10 + 1


def test_names_cut_short_stay_apart():
    names = [f"the very same long name but number {k}" for k in range(3)]
    for figure in (roc(names), precision_recall(names), calibration(names)):
        assert len(set(legend(figure)) - {"fewer than 10 rows"}) == 3 + 1


def test_roc_draws_rates_over_the_unit_square():
    (axis,) = roc(["cat"], title="test").axes
    assert line(axis, "cat  AUC 0.500").get_xydata().tolist() == [[0, 0], [0, 0.6], [0.5, 0.8], [1, 1]]
    assert (axis.get_xlabel(), axis.get_ylabel(), axis.get_title()) == (
        "false positive rate", "true positive rate", "test"
    )  # fmt: skip
    assert axis.get_xlim() == axis.get_ylim() == (-0.01, 1.01)


def test_mean_roc_is_the_mean_of_the_rates_at_the_same_false_positive_rate():
    names = names_of(12)
    perfect = doubles(fpr=[0, 0, 1], tpr=[0, 1, 1])
    curves = {name: ROC if k % 2 else perfect for k, name in enumerate(names)} | {"none": UNDEFINED}
    (axis,) = roc_figure(curves, {**dict.fromkeys(names, 0.75), "none": NAN}).axes
    x, y = line(axis, "mean of 12  AUC 0.750").get_data()
    assert (x[0], y[0]) == (0, 0)
    assert np.interp([0.25, 0.5, 1], x, y) == pytest.approx([0.85, 0.9, 1])


def test_mean_precision_is_that_of_the_highest_threshold_that_reaches_the_recall():
    (axis,) = precision_recall(names_of(12)).axes
    (mean,) = [line for line in axis.lines if line.get_color() == INK]
    x, y = mean.get_data()
    assert {float(recall): float(y[int(recall * 200)]) for recall in (0, 0.2, 0.5, 0.9)} == pytest.approx(
        {0: 1, 0.2: 0.9, 0.5: 0.5, 0.9: 0.25}
    )
    assert len(x) == 201


def test_an_undefined_class_is_named_but_not_drawn():
    figure = roc_figure({"cat": ROC, "dog": UNDEFINED}, {"cat": 0.8, "dog": NAN})
    assert legend(figure)[:2] == ["cat  AUC 0.800", "dog  AUC undefined"]
    assert np.isnan(line(figure.axes[0], "dog  AUC undefined").get_ydata()).all()
    crowd = names_of(11)
    nothing = roc_figure(dict.fromkeys(crowd, UNDEFINED), dict.fromkeys(crowd, NAN))
    assert legend(nothing) == ["chance  AUC 0.500"]


def test_prevalence_is_one_dotted_line_where_classes_are_balanced():
    (axis,) = precision_recall(["cat", "dog"]).axes
    assert line(axis, "prevalence  0.250").get_ydata() == [0.25, 0.25]
    rare = PR | doubles(precision=[0.1, 0.5, 0.9, 1])
    (axis,) = precision_recall_figure({"cat": PR, "dog": rare}, {"cat": 0.8, "dog": 0.7}).axes
    dotted = {
        line.get_color(): line.get_ydata()[0]
        for line in axis.lines
        if line.get_linestyle() == ":" and len(line.get_xdata())
    }
    of_class = {
        line.get_color(): line.get_label() for line in axis.lines if str(line.get_label()).startswith(("cat", "dog"))
    }
    assert {of_class[ink]: height for ink, height in dotted.items()} == {"cat  AP 0.800": 0.25, "dog  AP 0.700": 0.1}


def test_calibration_stands_above_the_counts_of_its_bins():
    above, below = calibration(["cat"]).axes
    assert line(above, "cat").get_xydata().tolist() == [[0.05, 0.1]]  # of ten rows or more
    rings = [line.get_xydata().tolist() for line in above.lines if line.get_fillstyle() == "none"]
    assert [[0.52, 0.5], [0.97, 0.8]] in rings
    assert "fewer than 10 rows" in legend(above.figure)
    (interval,) = [line for line in above.lines if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2]
    assert interval.get_ydata() == pytest.approx((0.0396, 0.2305), abs=1e-3)  # Wilson's of 4 of 40, by his formula
    heights = {round(float(bar.get_x()), 6): bar.get_height() for bar in below.patches if bar.get_height()}
    assert heights == {0: 40, 0.5: 3, 0.9: 7}
    assert above.get_xlim() == below.get_xlim() == above.get_ylim()
    assert below.get_yscale() == "linear"


def test_a_bin_counts_its_upper_edge():
    edges = doubles(mean_probability=[0, 0.5, 1], observed=[0, 0, 1], count=[1, 2, 3])
    _, below = calibration_figure({"cat": edges}, bins=2).axes
    assert [bar.get_height() for bar in below.patches] == [2, 3]


def test_counts_far_apart_are_drawn_on_a_logarithmic_scale():
    _, below = calibration_figure({"cat": CALIBRATION | doubles(count=[9000, 3, 1])}).axes
    assert below.get_yscale() == "log"


def test_of_many_calibrations_the_furthest_off_and_all_rows_together_are_drawn():
    good = doubles(mean_probability=[0.1, 0.9], observed=[0.1, 0.9], count=[30, 10])
    bad = doubles(mean_probability=[0.3, 0.9], observed=[1, 0.5], count=[10, 40])
    curves = dict.fromkeys(names_of(11), good) | {"bad": bad}
    figure = calibration_figure(curves)
    assert legend(figure)[:2] == ["perfect", "bad"]
    assert legend(figure)[-1] == "all 12"
    pooled = line(figure.axes[0], "all 12").get_xydata().tolist()
    share = (11 * 10 * 0.9 + 40 * 0.5) / 150
    assert pooled == [pytest.approx(point) for point in ([0.1, 0.1], [0.3, 1], [0.9, share])]


def test_thresholds_mark_the_chosen_one():
    figure = thresholds_figure(THRESHOLDS, 0.25, "validation")
    stays_inside(figure)
    (axis,) = figure.axes
    assert legend(figure) == ["recall (true positive rate)", "precision", "false positive rate", "chosen: 0.25"]
    assert line(axis, "chosen: 0.25").get_xdata() == [0.25, 0.25]
    assert line(axis, "recall (true positive rate)").get_ydata().tolist() == [1, 0.8, 0]
    assert line(axis, "precision").get_ydata().tolist() == [0.3, 0.7, 1]
    assert line(axis, "false positive rate").get_ydata().tolist() == [1, 0.1, 0]
    assert (axis.get_xlabel(), axis.get_title()) == ("threshold", "validation")
