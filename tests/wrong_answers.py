"""Wrong answers to the lessons' exercises, and what the check says of each: code that comes in place of a solution."""

WRONG = {
    "1.1": [
        ("nand = 1, 1, -1.5", "the signs are flipped"),
        ("nand = -1, -1, 0.5", "the row 0, 1 gets the wrong answer"),
        ("nand = -1, 1.5", "should be three numbers"),
    ],
    "1.2": [
        ("perceptron = lambda x, weights, bias: x @ weights + bias", "the sigmoid is missing"),
        ("perceptron = lambda x, weights, bias: torch.sigmoid(x @ weights)", "the bias is missing"),
        ("perceptron = lambda x, weights: x", "raises TypeError"),
        ("perceptron = lambda x, weights, bias: None", "returns nothing"),
        ("perceptron = lambda x, weights, bias: 2 * torch.sigmoid(x @ weights + bias)", "too large by a factor of 2"),
    ],
    "1.3": [
        ('run_3 = lab.train("and_gate")', "seed is still 0"),
        ('run_3 = lab.train("or_gate", seed=1)', "data.gate is or"),
        ("run_3 = 3", "should be a run"),
    ],
    "1.4": [
        ("loss_4 = 0.5", "that is the probability"),
        ("loss_4 = -0.6931", "the sign is wrong"),
        ("loss_4 = 0.3", "too small"),
        ("loss_4 = 2.7726", "the loss is their mean"),
    ],
    "1.5": [
        ('run_5 = lab.train("xor_gate", network="mlp")', "network.activation is tanh"),
        ('run_5 = lab.train("xor_gate")', "network.activation is null"),
        ('run_5 = lab.train("and_gate", network="mlp")', "data.gate is and"),
    ],
    "1.6": [
        ('sweep_6 = lab.sweep("xor_gate", network="mlp", seed="0,1")', r"network.hidden_dims has fewer values"),
        ('sweep_6 = lab.train("xor_gate")', "should be a sweep"),
        ('sweep_6 = lab.sweep("xor_gate", "network=mlp", "network.hidden_dims=[2],[5]")', r"is \(5,\), which"),
    ],
    "2.1": [
        (
            "gradient = lambda w, b, x, y: (((w * x + b - y) * x).mean(), (w * x + b - y).mean())",
            "too small by a factor",
        ),
        ("gradient = lambda w, b, x, y: (2 * ((y - w * x - b) * x).mean(), 2 * (y - w * x - b).mean())", "the sign is"),
        ("gradient = lambda w, b, x, y: (2 * ((w * x + b - y) * x).sum(), 2 * (w * x + b - y).sum())", "factor of 80"),
        ("gradient = lambda w, b, x, y: 2 * (w * x + b - y).mean()", "should return 2 results"),
    ],
    "2.2": [
        ("steps_2 = 200", "with all rows in each step"),
        ("steps_2 = 20000", "only training rows"),
        ("steps_2 = 16001", "off by one"),
    ],
    "2.3": [
        ('run_3 = lab.train("line", "optimizer.momentum=0.9")', "data.batch_size is 16"),
        ('run_3 = lab.train("line", "data.batch_size=null", "optimizer.momentum=0.5")', "optimizer.momentum is 0.5"),
        ("run_3 = 0.9", "should be a run"),
    ],
    "2.4": [
        ("factor_4 = 1 - 0.1 * curvatures.min()", "along the floor"),
        ("factor_4 = 0.1 * curvatures.max()", "not the part that is left"),
        ("factor_4 = 0.1 * curvatures.max() - 1", "the sign is wrong"),
    ],
    "2.5": [
        (
            "error_5 = sum(each['train/rmse'] for each in sweep_5.records() if each['data.noise'] == 0.3) / 4",
            "training rows",
        ),
        ("error_5 = error_5 * 10", "too"),
        ("error_5 = [1.0, 2.0]", "shape"),
    ],
    "3.1": [
        ("mean_1 = sum(each['train/accuracy'] for each in sweep_1.records()) / len(sweep_1)", "over the training rows"),
        ("mean_1 = max(each['test/accuracy'] for each in sweep_1.records())", "the best of the splits"),
        ("mean_1 = sum(each['test/accuracy'] for each in sweep_1.records()) / len(sweep_1) * 100", "factor of 100"),
    ],
    "3.2": [
        ("price_2 = big.evaluate('threshold=precision>=0.95')['precision']", "that is the precision"),
        ("price_2 = big.evaluate('split=val')['recall']", "on the validation rows"),
        ("price_2 = 'recall'", "should be a number, not a str"),
    ],
    "3.3": [
        ("run_3 = lab.train('moons_logistic')", "data.standardize is True"),
        ("run_3 = lab.train('moons', data={'standardize': False})", "data.num_samples is 2000"),
        ("run_3 = False", "should be a run"),
    ],
    "3.4": [
        ("run_4 = big", "network.hidden_dims is null"),
        ("run_4 = lab.train('moons', 'network.hidden_dims=[16]', 'network.activation=tanh')", "activation is tanh"),
        (
            "run_4 = lab.train('moons_logistic', 'network=mlp', 'network.hidden_dims=[16]', 'network.activation=relu')",
            "100",
        ),
    ],
    "3.5": [
        ("def scores(labels, truth):\n    return scores(labels)", "raises TypeError"),
        ("scores = lambda labels, truth: ((labels * truth).sum() / truth.sum(),) * 2", "result 1: "),
        ("scores = lambda labels, truth: (labels * truth).sum() / labels.sum()", "should return 2 results"),
    ],
    "4.1": [
        ("merged = lambda w1, b1, w2, b2: (w1 @ w2, w2 @ b1 + b2)", "result 1: has the shape|raises RuntimeError"),
        ("merged = lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1)", "result 2: "),
        ("merged = lambda w1, b1, w2, b2: (w2 @ w1, b1 + b2)", "result 2: has the shape"),
    ],
    "4.2": [
        (
            "def hidden_gradient(x, y, w, c, a, b):\n    h = torch.tanh(x @ w.T + c)\n"
            "    push = (torch.sigmoid(h @ a + b) - y)[:, None] * a * (1 - h**2)\n"
            "    return push.T @ x, push.sum(dim=0)",
            "result 1: too large by a factor of 12",
        ),
        (
            "def hidden_gradient(x, y, w, c, a, b):\n    h = torch.tanh(x @ w.T + c)\n"
            "    push = ((y - torch.sigmoid(h @ a + b)) / len(y))[:, None] * a * (1 - h**2)\n"
            "    return push.T @ x, push.sum(dim=0)",
            "result 1: the sign is wrong",
        ),
        (
            "def hidden_gradient(x, y, w, c, a, b):\n    h = torch.tanh(x @ w.T + c)\n"
            "    push = ((torch.sigmoid(h @ a + b) - y) / len(y))[:, None] * a\n    return push.T @ x, push.sum(dim=0)",
            "result 1: 8 of 8 numbers are wrong",
        ),
    ],
    "4.3": [
        ("sweep_3 = sweep", "network.activation is relu"),
        ("sweep_3 = lab.sweep('circles', *easier, 'network.hidden_dims=[2],[3]', 'network.activation=tanh')", "fewer"),
        (
            "sweep_3 = lab.sweep('circles', 'network.hidden_dims=[2],[3]', 'network.activation=tanh')",
            "data.factor is 0.8",
        ),
    ],
    "4.4": [
        ("share_4 = 0.1587", "on the wrong side"),
        ("share_4 = 0.9772", "that is for noise of 0.05"),
        ("share_4 = 0.9", "too large"),
    ],
    "4.5": [
        ("sweep_5 = activations", "network.activation is .*gelu"),
        (
            "sweep_5 = lab.sweep('circles', 'network.hidden_dims=[16],[16,16]', 'network.activation=relu,sigmoid')",
            "fewer",
        ),
        ("sweep_5 = big_run", "should be a sweep"),
    ],
    "4.6": [
        (
            "sweep_6 = lab.sweep('circles', 'network.hidden_dims=[10,10]', 'network.activation=sigmoid,relu')",
            "_target_ is",
        ),
        (
            "sweep_6 = lab.sweep('circles', 'optimizer=adam', 'network.activation=sigmoid,relu')",
            r"hidden_dims is \(128, 64\)",
        ),
        ("sweep_6 = activations", "optimizer._target_ is torch.optim.SGD"),
    ],
    "5.1": [
        ("run_1 = stuck.folder", "should be a run"),
        ("run_1 = lab.train('xor', 'data.seed=0', 'optimizer.lr=0.3')", "seed is 0"),
        ("run_1 = lab.train('xor', seed=72)", "data.seed is 72"),
    ],
    "5.2": [
        ("loss_2 = 0.6931", "all four corners"),
        ("loss_2 = 0.5", "a probability"),
        ("loss_2 = -0.34657", "the sign is wrong"),
    ],
    "5.3": [
        ("orders_3 = lab.sweep('xor', *quick, 'data.shuffle_seed=0,64', seed=72)", "data.shuffle_seed is 64"),
        ("orders_3 = lab.sweep('xor', *quick, 'data.shuffle_seed=0,1', seed=7)", "seed is 7,"),
        ("orders_3 = stuck", "should be a sweep"),
    ],
    "5.4": [
        ("sweep_4 = fewer", "network.activation is tanh"),
        ("sweep_4 = lab.sweep('xor', *quick, 'network.activation=relu', seed='0,1')", "fewer values"),
        ("sweep_4 = lab.sweep('xor', *quick, 'network.activation=relu', 'network.hidden_dims=[2],[5]')", r"\(5,\)"),
    ],
    "5.5": [
        (
            "def best_accuracy(noise):\n    q = torch.special.ndtr(torch.tensor(-0.5 / noise))\n"
            "    return 2 * q * (1 - q)",
            "share of mistakes",
        ),
        ("best_accuracy = lambda noise: 1 - torch.special.ndtr(torch.tensor(-0.5 / noise))", "two inputs can cross"),
        (
            "best_accuracy = lambda noise: torch.special.ndtr(torch.tensor(0.5 / noise)) ** 2",
            "the label is right again",
        ),
    ],
    "6.1": [
        ("softmax = lambda logits: logits.exp() / logits.exp().sum(dim=1, keepdim=True)", "infinite or NaN"),
        ("softmax = lambda logits: logits.softmax(dim=0)", "here each column does"),
        ("softmax = lambda logits: logits.exp()", "divide them by their sum"),
    ],
    "6.2": [
        ("run_2 = lab.train('blobs_linear')", "data.centers is 4"),
        ("run_2 = lab.train('blobs_linear', 'data.centers=5')", "data.centers is 5"),
        ("run_2 = 6", "should be a run"),
    ],
    "6.3": [
        ("run_3 = lab.train('blobs_linear', 'data.noise=3')", "without hidden layers"),
        ("run_3 = lab.train('blobs')", "data.noise is 1.5"),
        ("run_3 = lab.sweep('blobs', 'data.noise=3,4')", "should be a run"),
    ],
    "6.4": [
        ("run_4 = lab.train('moons_logistic')", "BinaryHead"),
        ("run_4 = lab.train('blobs_linear')", "data.num_samples is 1000"),
        ("run_4 = 2", "should be a run"),
    ],
    "6.5": [
        ("parameters_5 = 4547", "for three arms"),
        ("parameters_5 = 2 * 64 + 64 * 64 + 64 * 5", "the biases are missing"),
        ("parameters_5 = 4678", "off by one"),
    ],
    "6.6": [
        ("cost_6 = 0.078", "the true class alone"),
        ("cost_6 = np.log(4) if 'np' in globals() else 1.3863", "the cost of guessing"),
        ("cost_6 = 0.6549", "not 0.075 for each"),
    ],
    "6.7": [
        ("share_7 = (labels.predict(x_labels) == y_labels).float().mean()", "counts each label by itself"),
        ("share_7 = 1 - (labels.predict(x_labels) == y_labels).all(dim=1).float().mean()", "all the others"),
        ("share_7 = (labels.predict(x_labels) == y_labels).all(dim=1)", "has the shape"),
    ],
    "7.1": [
        (
            "def convolve(image, filter):\n"
            "    return torch.nn.functional.conv2d(image[None, None], filter.flip(0, 1)[None, None])[0, 0]",
            "the filter is flipped",
        ),
        (
            "def convolve(image, filter):\n"
            "    return torch.nn.functional.conv2d(image[None, None], filter[None, None])",
            "has the shape",
        ),
        (
            "def convolve(image, filter):\n"
            "    return torch.nn.functional.conv2d(image[None, None], filter[None, None])[0, 0] / 9",
            "add up the nine products",
        ),
    ],
    "7.2": [
        ("run_2 = easy", "data.classes is .*Ankle boot"),
        ("run_2 = lab.train('fashion_binary', 'data.classes=[Sneaker,Sandal]')", "data.classes is"),
        ("run_2 = 0.97", "should be a run"),
    ],
    "7.3": [
        ("run_3 = run", "network.dropout is 0.0"),
        ("run_3 = lab.train('fashion_mlp', 'network.dropout=0.5')", "network.dropout is 0.5"),
        ("run_3 = easy", "data.classes is"),
    ],
    "7.4": [
        ("weights_4 = 9 * 16", "the first stage alone"),
        ("weights_4 = 9 * (16 + 32 + 64)", "all maps of the stage before"),
        ("weights_4 = 23185", "off by one"),
    ],
    "7.5": [
        ("run_5 = plain", r"network.hidden_dims is \(512, 256\)"),
        ("run_5 = cnn", "network.hidden_dims is null"),
        ("run_5 = linear", "data._target_ is"),
    ],
    "8.1": [
        ("stopped = lambda losses, patience: losses.index(min(losses)) + 1", "should return 2 results"),
        ("stopped = lambda losses, patience: (losses.index(min(losses)) + 1, len(losses))", "result 1: "),
        ("stopped = lambda losses, patience: (2, 6)", "result 1: off by one"),
    ],
    "8.2": [
        ("sweep_2 = rates", "optimizer.lr is"),
        ("sweep_2 = widths", "network.hidden_dims is"),
        ("sweep_2 = run", "should be a sweep"),
    ],
    "8.3": [
        ("factor_3 = 2.0", "for a momentum of 0.5"),
        ("factor_3 = 9.0", "the first step counts as well"),
        ("factor_3 = 1.9", "the first two steps"),
    ],
    "8.4": [
        ("sweep_4 = rates", "data.batch_size has fewer"),
        ("sweep_4 = lab.sweep('circles', SMALL, FIFTY, 'data.batch_size=8,64')", "data.batch_size is 64"),
        ("sweep_4 = run", "should be a sweep"),
    ],
    "8.5": [
        ("sweep_5 = rates", "data.noise is 0.05|fewer"),
        ("sweep_5 = lab.sweep('xor', 'data.noise=0.05,0.7')", "data.noise is 0.7"),
        ("sweep_5 = 0.1", "should be a sweep"),
    ],
    "8.6": [
        ("sweep_6 = lab.sweep('circles', SMALL, FIFTY, 'optimizer.lr=1', 'scheduler=none,onecycle')", "is onecycle"),
        (
            "sweep_6 = lab.sweep('circles', SMALL, FIFTY, 'optimizer.lr=0.5', 'scheduler=none,cosine')",
            "optimizer.lr is 0.5",
        ),
        ("sweep_6 = rates", "optimizer.lr is"),
    ],
    "9.1": [
        (
            "def cost(threshold, p, y, missed, alarm):\n    called = p >= threshold\n"
            "    return alarm * (~called & (y == 1)).sum() + missed * (called & (y == 0)).sum()",
            "the two prices are swapped",
        ),
        (
            "def cost(threshold, p, y, missed, alarm):\n    called = p >= threshold\n"
            "    return missed * (~called & (y == 1)).float().mean() + alarm * (called & (y == 0)).float().mean()",
            "add them up",
        ),
        ("cost = 3.0", "should be a function"),
    ],
    "9.2": [
        ("run_2 = run", "head.class_weights is null"),
        ("run_2 = first", "data.ignore is null"),
        ("run_2 = 'balanced'", "should be a run"),
    ],
    "9.3": [
        ("loss_3 = 1 / 3", "the accuracy of guessing"),
        ("loss_3 = np.log(2)", "for two classes"),
        ("loss_3 = -np.log(3)", "the sign is wrong"),
    ],
    "9.4": [
        ("run_4 = run", "data.target is disease"),
        ("run_4 = idle", "data.target is exercise"),
        ("run_4 = 12", "should be a run"),
    ],
    "9.5": [
        ("run_5 = lab.train('breast_cancer')", r"network.hidden_dims is \(32,\)"),
        ("run_5 = lab.train('wine', 'network.hidden_dims=[]')", "data.name is wine"),
        ("run_5 = 0.974", "should be a run"),
    ],
    "9.6": [
        ("half_6 = 0.0584", "the whole width"),
        ("half_6 = 0.0149", "one standard deviation"),
        ("half_6 = 0.000222", "take the square root"),
    ],
    "quiz.1": [
        ("quiz_1 = 'a'", "biases"),
        ("quiz_1 = 'b'", "bias"),
        ("quiz_1 = 'd'", "too many"),
        ("quiz_1 = 3", "one of"),
    ],
    "quiz.2": [("quiz_2 = 'a'", "everything"), ("quiz_2 = 'b'", "two classes"), ("quiz_2 = 'c'", "natural")],
    "quiz.3": [("quiz_3 = 'b'", "below it"), ("quiz_3 = 'c'", "fewest"), ("quiz_3 = 0.2", "one of a, b, c")],
    "quiz.4": [("quiz_4 = 'a'", "slow"), ("quiz_4 = 'b'", "one step"), ("quiz_4 = 'c'", "nearer")],
    "quiz.5": [("quiz_5 = 'a'", "nothing"), ("quiz_5 = 'b'", "luck"), ("quiz_5 = 'e'", "one of a, b, c")],
}
