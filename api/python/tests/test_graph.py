"""`explore.py --graph`: what is drawn, where, and that the page works in a browser on its own."""

import itertools
import os
import random
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import big_repo
import pytest
import sample_repo
from click.testing import CliRunner

from ai.chronon.api import ttypes
from ai.chronon.group_by import Aggregation, GroupBy
from ai.chronon.query import Query
from ai.chronon.repo import graph_layout
from ai.chronon.repo.explore import main
from ai.chronon.repo.graph import Graph, GraphNode, build_graph, node_id
from ai.chronon.repo.graph_layout import forward_edges, layered
from ai.chronon.repo.graph_page import render
from ai.chronon.repo.index import FeatureIndex


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return build_graph(FeatureIndex(str(sample_repo.write(tmp_path_factory.mktemp("graph") / "chronon"))))


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return build_graph(FeatureIndex(str(big_repo.write(tmp_path_factory.mktemp("graph") / "chronon"))))


def test_definitions_are_connected_with_what_they_read(sample: Graph) -> None:
    chain = [
        ("table", "data.checkouts"), ("join", "shop.training.parent"), ("group_by", "risk.chained.v1"),
        ("join", "risk.chain.v1"),
    ]  # fmt: skip
    ids = [node_id(*each) for each in chain]
    assert set(itertools.pairwise(ids)) <= set(sample.edges)
    assert ("topic:checkouts.topic", ids[1]) in sample.edges
    assert ("topic:users.topic", "group_by:shop.users.v1") in sample.edges
    assert ("group_by:shop.labels", "join:shop.training.labelled") in sample.edges
    assert ("group_by:shop.in.line", "join:shop.inline.v1") in sample.edges
    assert sample.nodes["group_by:shop.purchases.derived"].details["features"] == [
        "price_count_3d",
        "avg_price",
        "renamed",
    ]


def test_a_table_that_a_definition_writes_is_told_by_the_definition(tmp_path: Path) -> None:
    root = sample_repo.write(tmp_path / "chronon")
    query = Query(selects={"user_id": "user_id", "total": "total"}, time_column="ts")
    source = ttypes.Source(events=ttypes.EventSource(table="shop_db.shop_prepared_v1/ds=1", query=query))
    over = GroupBy(sources=source, keys=["user_id"], online=True, aggregations=[Aggregation(input_column="total")])
    sample_repo.write_definition(root, "group_bys", sample_repo.named("risk.over.v1", over))
    graph = build_graph(FeatureIndex(str(root)))
    assert ("staging_query:shop.prepared.v1", "group_by:risk.over.v1") in graph.edges
    assert "table:shop_db.shop_prepared_v1" not in graph.nodes


def test_models_stand_behind_their_join(big: Graph) -> None:
    models = [node for node in big.nodes.values() if node.kind == "model"]
    assert len(models) == 20
    assert all(source.startswith("join:") for source, target in big.edges if target.startswith("model:"))


def test_boxes_do_not_overlap_and_edges_run_to_the_right(big: Graph) -> None:
    layout = layered(big.nodes, big.edges)
    columns: dict[int, list[float]] = {}
    for place in layout.places.values():
        columns.setdefault(place.column, []).append(place.y)
    for heights in columns.values():
        gaps = [second - first for first, second in itertools.pairwise(sorted(heights))]
        assert all(gap > graph_layout.NODE_GAP - 1e-6 for gap in gaps)
    for edge, route in layout.routes.items():
        assert [place.column for place in route] == list(
            range(layout.places[edge[0]].column, layout.places[edge[1]].column + 1)
        )


def test_ordering_takes_crossings_away(big: Graph) -> None:
    names = sorted(big.nodes)
    grid = graph_layout._Grid(names, set(big.edges))
    before = grid.crossings()
    grid.order()
    assert grid.crossings() < before / 3


def test_crossings_are_counted_as_by_comparing_all_pairs() -> None:
    chance = random.Random(7)
    for _ in range(50):
        values = [chance.randrange(12) for _ in range(chance.randrange(20))]
        expected = sum(first > second for first, second in itertools.combinations(values, 2))
        assert graph_layout._inversions(values, 12) == expected


def test_a_circle_is_drawn_too() -> None:
    edges = {("a", "b"), ("b", "c"), ("c", "a"), ("c", "c")}
    assert forward_edges(["a", "b", "c"], edges) == {("a", "b"), ("b", "c")}
    layout = layered(["a", "b", "c"], edges)
    assert [layout.places[name].column for name in "abc"] == [0, 1, 2]
    assert set(layout.routes) == edges


def test_an_empty_repository_has_an_empty_picture() -> None:
    assert "</html>" in render(Graph())


def test_the_same_files_give_the_same_page(big: Graph, tmp_path: Path) -> None:
    again = build_graph(FeatureIndex(str(big_repo.write(tmp_path / "chronon"))))
    assert render(again) == render(big)


class References(HTMLParser):
    """Collects what a page would load, and the elements that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.elements: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.loaded += [str(value) for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]


def test_the_page_needs_nothing_else_and_names_cannot_break_out(sample: Graph) -> None:
    name = '</script><script>alert("1")</script>'
    sample = Graph({**sample.nodes, "table:x": GraphNode("table:x", "table", name, {"keys": [name]})}, sample.edges)
    page = render(sample)
    parser = References()
    parser.feed(page)
    assert parser.loaded == []
    assert "http" not in page
    assert "url(" not in page
    assert parser.elements.count("script") == 2
    assert "@@" not in page


def test_the_command_line_writes_the_page_as_a_whole(tmp_path: Path) -> None:
    root = sample_repo.write(tmp_path / "chronon")
    file = tmp_path / "graph.html"
    result = CliRunner().invoke(main, ["--graph", str(file), "--conf-root", str(root)])
    assert result.exit_code == 0
    assert re.search(r"Drew \d+ tables and definitions into", result.stdout)
    assert file.read_text().count('class="node ') == int(result.stdout.split()[1])
    (tmp_path / "taken").write_text("")
    failed = CliRunner().invoke(main, ["--graph", str(tmp_path / "taken" / "x.html"), "--conf-root", str(root)])
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert "cannot write" in failed.stderr


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHRONON_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
    path = chromium()
    if path is None:
        pytest.skip("there is no chromium; install it, or name it in CHRONON_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, big: Graph, tmp_path: Path) -> Iterator[Any]:
    """The picture of the big repository in a browser that is offline; a script error fails the test."""
    file = tmp_path / "graph.html"
    file.write_text(render(big), encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": 1400, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    yield page
    context.close()
    assert errors == []


def expected_reach(graph: Graph, start: str) -> set[str]:
    """What is up- and downstream of a node, itself included."""
    found = {start}
    for near, far in ((1, 0), (0, 1)):
        left = [start]
        seen = {start}
        while left:
            node = left.pop()
            for edge in graph.edges:
                if edge[near] == node and edge[far] not in seen:
                    seen.add(edge[far])
                    left.append(edge[far])
        found |= seen
    return found


def test_hovering_lights_what_is_up_and_downstream(page: Any, big: Graph) -> None:
    names = sorted(big.nodes)
    start = next(source for source, target in big.edges if target.startswith("model:"))
    page.locator(f'.node[data-n="{names.index(start)}"]').hover()
    lit = page.eval_on_selector_all(".node.lit", "all => all.map(node => Number(node.dataset.n))")
    assert {names[number] for number in lit} == expected_reach(big, start)
    assert page.locator("svg.narrowed").count() == 1
    page.mouse.move(700, 20)
    assert page.locator("svg.narrowed").count() == 0


def test_searching_marks_hits_and_enter_goes_to_them(page: Any, big: Graph) -> None:
    page.fill("#search", "training_3.")
    expected = sorted(node.label for node in big.nodes.values() if "training_3." in node.label)
    assert page.inner_text("#count") == f"{len(expected)} found"
    assert sorted(page.eval_on_selector_all(".node.hit text", "all => all.map(text => text.textContent)")) == expected
    page.keyboard.press("Enter")
    assert page.inner_text("#panel h2") in expected
    assert page.locator(".node.chosen").bounding_box()["y"] > 0
    page.keyboard.press("Escape")
    assert page.locator(".hit, .chosen").count() == 0


def test_both_colour_schemes_follow_the_system_and_the_button(page: Any) -> None:
    def colour() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    page.emulate_media(color_scheme="light")
    light = colour()
    page.emulate_media(color_scheme="dark")
    dark = colour()
    assert light != dark
    page.click("#scheme")
    assert colour() == light


def test_the_whole_picture_fits_into_the_window(page: Any) -> None:
    page.click("#fit")
    assert page.evaluate(
        "[graph.getBoundingClientRect().width <= view.clientWidth + 1, "
        "graph.getBoundingClientRect().height <= view.clientHeight + 1]"
    ) == [True, True]
