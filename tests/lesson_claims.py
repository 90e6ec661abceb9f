"""What the cells of the lessons claim, by the cell whose numbers it is about; learners are spared it."""

CLAIMS = {
    "01_perceptron_and_gates": {
        "cell-07": ['assert abs(run.metrics["train/loss"] - 0.0217) < 0.002'],
        "cell-14": ['assert or_run.metrics["solved"]', 'assert nand_run.metrics["solved"]'],
        "cell-17": ['assert not xor_run.metrics["solved"]'],
        "cell-22": ["assert missing == [[0, 1, 1, 0], [1, 0, 0, 1]]"],
        "cell-25": ["assert run.predict(hidden).tolist() == [0, 1, 1, 0]"],
        "cell-30": ["assert mlp_run.predict(rows).tolist() == [0, 1, 1, 0]"],
    },
    "02_line": {
        "cell-09": ["assert torch.allclose(w.grad, slope_w)"],
        "cell-15": ["assert torch.allclose(by_hand, by_run, atol=1e-5)"],
        "cell-16": ["assert difference.abs().max() < 1e-5"],
        "cell-20": ["assert (exact - by_run).abs().max() < 0.01"],
        "cell-27": [
            'assert sweep[2].history[49]["train/loss"] < sweep[1].history[49]["train/loss"] < 0.1',
            "assert losses[2] > 1e6",
        ],
    },
    "03_logistic_regression": {
        "cell-10": [
            "assert torch.allclose(run.logits(x), z, atol=1e-5)",
            "assert (run.logits(x) - torch.tensor([-0.375, 0.739, -2.580, -0.936])).abs().max() < 0.02",
        ],
        "cell-16": ['assert abs(run.metrics["test/loss"] - loss) < 1e-5'],
        "cell-19": [
            'assert abs(run.metrics["test/precision"] - precision) < 1e-6',
            'assert abs(run.metrics["test/recall"] - recall) < 1e-6',
        ],
        "cell-23": ['assert results["intervals"]["accuracy"][1] - results["intervals"]["accuracy"][0] > 0.2'],
        "cell-31": [
            'assert abs(results["roc_auc"] - area) < 1e-6',
            'assert results["recall"] > at_half["test/recall"]',
            'assert results["precision"] < at_half["test/precision"]',
        ],
    },
    "04_circles": {
        "cell-06": ["assert torch.allclose(run.logits(x), (x @ weight.T + bias).squeeze(1).detach(), atol=1e-5)"],
        "cell-08": ["assert accuracy > 0.96"],
        "cell-14": ["assert solved[(1,)] == solved[(2,)] == 0 < solved[(3,)] <= solved[(4,)]"],
        "cell-20": ['assert big_run.metrics["test/accuracy"] >= 0.96'],
        "cell-23": ['assert means["relu"] > max(means["sigmoid"], means["identity"]) + 0.1'],
        "cell-25": ["assert lengths[0] > 1000 * lengths[2]"],
        "backprop-check": [
            "assert torch.allclose(a.grad, push * h)",
            "assert torch.allclose(w.grad, push_hidden[:, None] * row)",
        ],
    },
    "05_xor": {
        "cell-04": ['assert run.metrics["solved"]'],
        "cell-09": ['assert all(each.metrics["solved"] for each in stills.runs[9:])'],
        "cell-13": [
            "assert torch.allclose(run.logits(corners), shares.sum(dim=1) + run.network[-1].bias, atol=1e-4)",
            "assert run.predict(corners).tolist() == [0, 1, 1, 0]",
        ],
        "cell-29": ["assert near > 0.8 * len(failed)"],
    },
    "06_softmax": {
        "cell-20": ['assert abs(costs.mean().item() - run.metrics["test/loss"]) < 1e-4'],
        "cell-33": ['assert run.metrics["test/accuracy"] > 0.95'],
        "cell-10": ["torch.testing.assert_close(probabilities, run.probabilities(x))"],
        "cell-12": [
            "torch.testing.assert_close((logits + 100).softmax(dim=1), logits.softmax(dim=1), atol=1e-4, rtol=0)"
        ],
        "cell-14": [
            "lower, upper = two_scores.T",
            "torch.testing.assert_close(two_scores.softmax(dim=1)[:, 1], torch.sigmoid(upper - lower))",
        ],
        "cell-24": ["torch.testing.assert_close(scores.grad, probabilities[row] - F.one_hot(y[row], 4))"],
    },
}
