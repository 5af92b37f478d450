"""``tooeasy templates``: kinds, options, the table, JSON and the figure."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from matplotlib import image as mpl_image
from samples import random_images, write_idx

import tooeasy
from tooeasy.templates import FROM_SKETCH, KINDS, explain_templates, fit_templates

ENTRY = {
    "kind": str,
    "centre": float,
    "intercept": bool,
    "alpha": float,
    "penalty": str,
    "binarize": float,
    "seed": int,
    "n_test": int,
    "test_accuracy": float,
    "test_interval": list,
    "balanced_test_accuracy": float,
    "confusion": list,
    "most_confused": list,
    "curve": dict,
    "notes": list,
}
GROWTH = {"alpha": float, "edges": list, "inside": list, "outside": list, "images": list}
SCORES = {"n_test", "test_accuracy", "test_interval", "balanced_test_accuracy", "confusion"}
BELONGS = {
    "centre": {"centred-means"},
    "intercept": {"least-squares", "lasso", "softmax", "sgd"},
    "penalty": {"softmax"},
    "alpha": {"least-squares", "lasso", "softmax"},
    "seed": {"softmax", "sgd"},
    "curve": {"sgd"},
}


def parse(result):
    """JSON as the standard has it, and nothing else printed: NaN and Infinity are refused."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    assert result.code == 0, result.err
    assert result.err == ""
    return json.loads(result.out, parse_constant=refuse)


def entries(result):
    """The templates of the only dataset."""
    (one,) = parse(result)["results"]
    return one["templates"]


def same(study, *, weights=False):
    """What Python gives, as JSON has it."""
    return json.loads(json.dumps(study.to_dict(weights=weights)))


def rows(out):
    """First words of the lines of the first table."""
    lines = out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(" template "))
    return [line.split()[0] for line in lines[start + 1 : lines.index("", start)] if line[1] != " "]


def test_the_default_table(command, folder):
    """By default each kind that follows from sums has a row, with its accuracy, interval and worst confusions."""
    result = command("templates", folder)
    assert result.code == 0
    assert result.err == ""
    assert result.out.startswith(
        "small  one template of 3x4x1 for each of 3 classes\n"
        "fitted to 60 images, tested on 30: test split; largest class "
    )
    assert rows(result.out) == list(FROM_SKETCH)
    study = fit_templates(folder, "least-squares")
    low, high = study.score.test_interval
    a, b, n = study.score.most_confused()[0]
    assert (
        f"least-squares {study.test_accuracy:.1%} {100 * low:.1f} to {100 * high:.1f} {a} → {b} ({n})" in result.words
    )


def test_one_kind_has_its_confusion_matrix(command, folder):
    """With one kind, the answers in percent of each class stand below the table."""
    out = command("templates", folder, "--kind", "lda").out
    counts = fit_templates(folder, "lda").score.confusion
    rates = 100 * counts / counts.sum(axis=1, keepdims=True)
    lines = out[out.index("answers in % of each class") :].splitlines()
    assert lines[1].split() == ["0", "1", "2"]
    for label, line in enumerate(lines[2:5]):
        assert line.split() == [str(label), *("·" if rate < 0.5 else f"{rate:.0f}" for rate in rates[label])]
    assert "answers in %" not in command("templates", folder, "--kind", "lda", "--kind", "means").out


def test_kinds_may_be_repeated(command, folder):
    """Kinds are fitted in the order given, each once."""
    given = ["--kind", "lda", "--kind", "means", "--kind", "lda"]
    assert rows(command("templates", folder, *given).out) == ["lda", "means"]
    assert [entry["kind"] for entry in entries(command("templates", folder, *given, "--json"))] == ["lda", "means"]


@pytest.mark.parametrize("kind", KINDS)
def test_json_is_what_python_gives(command, folder, kind):
    """Each kind's entry has the documented keys, no other, and equals the library's numbers, with weights if wanted."""
    (entry,) = entries(command("templates", folder, "--kind", kind, "--json"))
    study = fit_templates(folder, kind)
    assert entry == same(study)
    assert set(entry) == set(ENTRY)
    for key, type_ in ENTRY.items():
        unknown = kind not in BELONGS.get(key, KINDS) or key == "binarize"
        assert (entry[key] is None) if unknown else type(entry[key]) is type_, key
    (entry,) = entries(command("templates", folder, "--kind", kind, "--json", "--weights"))
    assert set(entry) == {*ENTRY, "weights", "intercepts"}
    assert np.shape(entry["weights"]) == (3, 3, 4, 1)
    np.testing.assert_array_equal(entry["weights"], study.weights)
    np.testing.assert_array_equal(entry["intercepts"], study.intercepts)


def test_json_names_schema_dataset_and_classes(command, folder, unsplit):
    """The object has a schema, and a result for each source with its classes, shape and hold-out."""
    printed = parse(command("templates", folder, unsplit, "--kind", "means", "--json"))
    assert set(printed) == {"schema", "results"}
    assert printed["schema"] == "tooeasy/templates/1"
    for result in printed["results"]:
        assert set(result) == {"dataset", "classes", "image_shape", "n_train", "held_out", "templates"}
        assert (result["classes"], result["image_shape"]) == (["0", "1", "2"], [3, 4, 1])
    assert [result["dataset"] for result in printed["results"]] == ["small", "unsplit"]
    assert [result["held_out"] for result in printed["results"]] == [
        "test split",
        "20% of the images, stratified, seed 0",
    ]


def test_json_of_why(command, folder):
    """With --why, the JSON has how the images' weights are distributed, as in Python."""
    (result,) = parse(command("templates", folder, "--kind", "means", "--why", "--json"))["results"]
    growth = result["growth"]
    assert set(growth) == set(GROWTH)
    assert all(type(growth[key]) is kind for key, kind in GROWTH.items())
    assert growth == json.loads(json.dumps(explain_templates(folder).to_dict()))
    assert np.sum(growth["inside"]) == 60


def test_most_confused_are_classes_and_counts(command, folder):
    """Each confusion in the JSON has its class, answer and number of images, the most frequent first."""
    (entry,) = entries(command("templates", folder, "--kind", "means", "--json"))
    counts = [found["images"] for found in entry["most_confused"]]
    assert counts == sorted(counts, reverse=True)
    for found in entry["most_confused"]:
        assert found["images"] == entry["confusion"][found["class"]][found["answer"]]


@pytest.mark.parametrize(
    ("kind", "given", "options", "words"),
    [
        ("centred-means", ["--centre", "0.35"], {"centre": 0.35}, "centred-means (0.35)"),
        ("centred-means", ["--centre", "global"], {"centre": "global"}, "centred-means (global)"),
        ("least-squares", ["--alpha", "7"], {"alpha": 7.0}, "least-squares alpha 7"),
        ("lasso", ["--alpha", "0.001"], {"alpha": 0.001}, "lasso alpha 0.001"),
        ("least-squares", ["--no-intercept"], {"intercept": False}, "least-squares without intercept"),
        ("lasso", ["--no-intercept"], {"intercept": False}, "lasso without intercept"),
        ("softmax", ["--penalty", "l1"], {"penalty": "l1"}, "softmax with L1 penalty"),
        ("softmax", ["--alpha", "3"], {"alpha": 3.0}, "softmax alpha 3"),
        ("sgd", ["--seed", "5"], {"seed": 5}, "sgd"),
        ("means", ["--binarize", "0.01"], {"binarize": 0.01}, "means binarized at 0.01"),
    ],
)
def test_options_are_those_of_python(command, folder, kind, given, options, words):
    """Each option has the effect of its argument in Python, changes the weights, and is named in the table."""
    (entry,) = entries(command("templates", folder, "--kind", kind, *given, "--json", "--weights"))
    assert entry == same(fit_templates(folder, kind, **options), weights=True)
    assert entry["weights"] != fit_templates(folder, kind).weights.tolist()
    assert words in command("templates", folder, "--kind", kind, *given).words


def test_an_option_goes_to_the_kinds_that_take_it(command, folder):
    """Of several kinds, those that know an option get it, and the others are fitted as ever."""
    given = ["--kind", "means", "--kind", "least-squares", "--alpha", "2"]
    means, squares = entries(command("templates", folder, *given, "--json"))
    assert (means["alpha"], squares["alpha"]) == (None, 2.0)


def test_other_test_images(command, folder, here):
    """``--test`` takes the test split of another source, and names it."""
    images, labels = random_images(9, n=33, levels=6)
    write_idx(here / "other", "train", images[..., 0], labels)
    write_idx(here / "other", "test", images[:21, ..., 0], labels[:21])
    given = ["templates", folder, "--kind", "lda", "--test", here / "other"]
    (entry,) = entries(command(*given, "--json"))
    assert entry == same(fit_templates(folder, "lda", test=here / "other"))
    assert entry["n_test"] == 21
    assert "tested on 21: other (test split)" in command(*given).words


def test_seed_chooses_the_hold_out(command, unsplit):
    """The seed is that of the hold-out, as in Python."""
    for seed in (0, 5):
        (entry,) = entries(command("templates", unsplit, "--kind", "lda", "--seed", seed, "--json"))
        assert entry == same(fit_templates(unsplit, "lda", seed=seed))


def test_why_on_the_screen(command, folder):
    """``--why`` adds a table of the parts of images, in and out of the class, that have a positive weight."""
    result = command("templates", folder, "--kind", "means", "--why")
    growth = explain_templates(folder)
    positive = (growth.edges[:-1] + growth.edges[1:]) > 0
    assert "small: weights of training images in least-squares templates, ridge penalty 0.6" in result.words
    for label in range(3):
        own, other = (counts[label][positive].sum() / counts[label].sum() for counts in (growth.inside, growth.outside))
        assert f"{label} {own:.0%} {other:.0%}" in result.words


def test_why_takes_the_alpha_of_least_squares_only(command, folder):
    """The penalty of the lasso is not that of the least squares that --why explains."""

    def alpha(kind):
        given = ["templates", folder, "--kind", kind, "--alpha", "0.125", "--why", "--json"]
        return parse(command(*given))["results"][0]["growth"]["alpha"]

    assert alpha("least-squares") == 0.125
    assert alpha("lasso") == explain_templates(folder).alpha != 0.125


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--kind", "mean"], "kind is one of means, centred-means"),
        (["--centre", "middle"], "'middle' is neither a number nor 'global'"),
        (["--centre", "nan"], "centre is a number or 'global'"),
        (["--kind", "means", "--centre", "0.3"], "--centre belongs to centred-means; found --kind means"),
        (["--kind", "lda", "--no-intercept"], "--intercept belongs to least-squares, lasso, softmax, sgd"),
        (["--kind", "means", "--kind", "sgd", "--alpha", "1"], "--alpha belongs to least-squares, lasso, softmax"),
        (["--penalty", "l1"], "--penalty belongs to softmax"),
        (["--kind", "softmax", "--penalty", "l3"], "l3"),
        (["--kind", "least-squares", "--alpha", "-1"], "alpha is a number of at least 0"),
        (["--kind", "lasso", "--alpha", "0"], "without a penalty it is least-squares"),
        (["--binarize", "0"], "binarize is a fraction"),
        (["--binarize", "1.5"], "binarize is a fraction"),
        (["--weights"], "--weights is for --json"),
        (["--why", "--binarize", "0.5"], "--why explains least squares"),
        (["--why", "--no-intercept"], "--why explains least squares"),
        (["--dark"], "--dark is for a figure"),
        (["--figure", "a.gif"], ".png, .svg, .pdf"),
        (["--figure", "missing/a.png"], "missing"),
        (["--test", "missing/images"], "no such file"),
    ],
)
def test_what_does_not_belong_is_refused(refused, folder, given, words):
    """What no chosen kind takes, or is out of range, is refused in one line, and no figure is written."""
    figure = [] if "--figure" in given or "--dark" in given else ["--figure", "a.png"]
    assert words in refused("templates", folder, *given, *figure)


def test_images_of_another_size_are_refused(refused, folder, here):
    """Test images of another shape are refused in one line."""
    images, labels = random_images(9, n=33, shape=(5, 5, 1))
    write_idx(here / "other", "test", images[..., 0], labels)
    assert "(5, 5, 1)" in refused("templates", folder, "--test", here / "other")


def test_several_sources_are_put_side_by_side(command, folder, unsplit):
    """Several sources have a table each, and one that puts their accuracies side by side."""
    out = command("templates", folder, unsplit, "--kind", "means", "--kind", "lda").out
    lines = out[out.index("side by side, test accuracy in %") :].splitlines()
    assert lines[1].split() == ["template", "small", "unsplit"]
    for line, kind in zip(lines[2:4], ("means", "lda"), strict=True):
        expected = [f"{100 * fit_templates(source, kind).test_accuracy:.1f}" for source in (folder, unsplit)]
        assert line.split() == [kind, *expected]
    assert "side by side" not in command("templates", folder).out


def test_a_sketch_is_fitted_and_not_scored(command, folder):
    """Of a sketch alone, templates are fitted as of its images, and the output says that they are not scored."""
    command("sketch", folder, "-o", "only.sketch")
    result = command("templates", "only.sketch")
    assert result.code == 0
    assert "images, and not scored: there are no held-out images" in result.words
    assert rows(result.out) == list(FROM_SKETCH)
    assert "%" not in result.out.replace("95% interval", "")
    for entry in entries(command("templates", "only.sketch", "--json", "--weights")):
        assert {key for key in SCORES if entry[key] is None} == SCORES
        assert entry["most_confused"] == []
        np.testing.assert_allclose(entry["weights"], fit_templates(folder, entry["kind"]).weights, atol=1e-9)


def test_a_sketch_with_test_images_is_scored(command, folder):
    """A sketch of the training images with the test images gives the numbers of the dataset."""
    command("sketch", folder, "-o", "only.sketch")
    found = entries(command("templates", "only.sketch", "--test", folder, "--json"))
    for entry, kind in zip(found, FROM_SKETCH, strict=True):
        assert entry["confusion"] == fit_templates(folder, kind).score.confusion.tolist()


@pytest.mark.parametrize("given", [["--kind", "softmax"], ["--kind", "sgd"], ["--why"], ["--binarize", "0.5"]])
def test_what_needs_images_says_so(refused, make_sketch, given):
    """What does not follow from a sketch is refused in one line that names the source."""
    assert "only" in refused("templates", make_sketch("only.sketch", ["a", "b"]), *given)


def test_a_sketch_without_moments_is_refused(refused, command, folder):
    """A sketch that has no Gram matrix has too little for templates, and the line says so."""
    command("sketch", folder, "-o", "few.sketch", "--no-moments")
    assert "moments" in refused("templates", "few.sketch")


def test_a_class_without_test_images_has_no_rate(command, here):
    """A class without held-out images makes the balanced accuracy null, and the rest is known."""
    images, labels = random_images(5, n=60, levels=6)
    few = labels < 2
    write_idx(here / "gap", "train", images[..., 0], labels)
    write_idx(here / "gap", "test", images[few][..., 0], labels[few])
    for entry in entries(command("templates", here / "gap", "--json")):
        assert entry["balanced_test_accuracy"] is None
        assert entry["n_test"] == few.sum()
    assert command("templates", here / "gap", "--kind", "lda").code == 0


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_figure_is_written(command, folder, here, ending):
    """The figure is a whole file of its kind, and the table is printed all the same."""
    given = ["templates", folder, "--kind", "lda", "--kind", "sgd", "--why", "--figure", f"a.{ending}"]
    result = command(*given)
    assert result.code == 0
    assert rows(result.out) == ["lda", "sgd"]
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF-"}[ending]
    assert (here / f"a.{ending}").read_bytes().startswith(start)
    if ending == "svg":  # one below the other: templates, the curve of sgd, growth, histogram
        text = (here / "a.svg").read_text("utf-8")
        titles = ["linear discriminants", "steps of gradient", "training loss", "weighted sums", "which images add"]
        places = [text.index(title) for title in titles]
        assert places == sorted(places)


def test_dark_figures_are_dark(command, folder, here):
    """--dark draws light on dark."""
    command("templates", folder, "--kind", "lda", "--figure", "a.png", "--dark")
    assert mpl_image.imread(here / "a.png")[0, 0, :3].max() < 0.2


def test_names_are_text(command, make_sketch, here):
    """Names with brackets, line breaks and control characters are printed as text, and are in JSON as they are."""
    names = ["[bold]", "a\nb", "\x1b[31m", "猫", "$x$", "[/]"]
    images, labels = random_images(4, n=90, classes=6)
    np.savez(here / "[red]x.npz", images=images, labels=np.array(names)[labels])
    result = command("templates", "[red]x.npz", "--kind", "lda", "--why", "--figure", "a.png")
    assert result.code == 0
    assert "\x1b" not in result.out
    assert result.out.startswith("[red]x  one template")
    for name in ("[bold]", r"a\nb", r"\x1b[31m", "猫", "$x$", "[/]"):
        assert name in result.out
    (one,) = parse(command("templates", "[red]x.npz", "--kind", "lda", "--json"))["results"]
    assert sorted(one["classes"]) == sorted(names)


@pytest.mark.parametrize("columns", [20, 40, 60, 72])
def test_narrow_terminals(command, folder, unsplit, monkeypatch, columns):
    """On a narrow terminal no line is too long, no accuracy is cut off, and intervals are whole or left out."""
    monkeypatch.setenv("COLUMNS", str(columns))
    given = ["--no-intercept", "--binarize", "0.01", "--why"][: 3 if columns < 60 else 0]
    for sources in ([folder], [folder, unsplit]):
        result = command("templates", *sources, *given)
        assert max(map(len, result.out.splitlines())) <= columns
        head = result.out[: result.out.index("side by side")] if len(sources) > 1 else result.out
        head = re.sub(r"largest\s+class\s+\d+\.\d%", "", head)
        found = re.findall(r"\d+\.\d%", head)
        assert len(found) == len(FROM_SKETCH) * len(sources)
        assert len(re.findall(r"\d+\.\d to \d+\.\d", head)) == (len(found) if columns >= 60 else 0)
        for word in ("least-squares", "lda", "lasso", "(0.2)"):
            assert word in result.out or columns == 20


@pytest.mark.parametrize("columns", [20, 30, 40, 60, 100])
def test_a_matrix_without_room_is_left_out(command, monkeypatch, columns):
    """A confusion matrix is shown whole, with its names, or not at all; the worst confusions are named all the same."""
    monkeypatch.setenv("COLUMNS", str(columns))
    result = command("templates", "digits", "--kind", "lda")
    assert max(map(len, result.out.splitlines())) <= columns
    assert " → " in result.out
    _, _, matrix = result.out.partition("answers in % of each class\n")
    assert bool(matrix) == (columns >= 60)
    if matrix:
        assert [line.split()[0] for line in matrix.splitlines()[1:11]] == list("0123456789")


def test_many_classes_have_no_matrix(command, here):
    """Of many classes, a matrix has no room, and the tables stay short."""
    images, labels = random_images(4, n=400, classes=40, shape=(3, 3, 1))
    write_idx(here / "many", "train", images[..., 0], labels)
    result = command("templates", here / "many", "--kind", "lda", "--why")
    assert result.code == 0
    assert "answers in" not in result.out
    assert len(result.out.splitlines()) < 40


def test_bundled_images_equal_the_python_api(command):
    """Digits, which are bundled, are classified as in Python."""
    printed = parse(command("templates", "digits", "--json"))
    found = [entry["test_accuracy"] for entry in printed["results"][0]["templates"]]
    assert found == [tooeasy.fit_templates("digits", kind).test_accuracy for kind in FROM_SKETCH]
