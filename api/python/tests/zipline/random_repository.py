"""Random repositories of a few GroupBys and joins; a seed gives the same one again."""

import random

from zipline.tools import Files

IMPORT = "from ai.chronon.types import *\n"
COLUMNS = ["a", "b", "c", "d"]
OPERATIONS = [
    "SUM",
    "MAX",
    "COUNT",
    "LAST",
    "AVERAGE",
    "HISTOGRAM",
    "APPROX_UNIQUE_COUNT",
    "LAST_K(3)",
    "UNIQUE_TOP_K(2)",
    "FREQUENT_K(4)",
    "APPROX_PERCENTILE([0.5,0.9])",
]
WINDOWS = ["None", "['7d']", "['1d', '30d']", "[Window(3, TimeUnit.DAYS)]", "['24h']"]


class Generator:
    """Draws the source of definitions; some of them break rules, so that errors are compared too."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def _pick(self, *choices: str) -> str:
        return self._random.choice(choices)

    def _some(self, *arguments: tuple[float, str]) -> str:
        """Arguments, each with its probability."""
        return "".join(f", {text}" for chance, text in arguments if self._random.random() < chance)

    def _query(self, columns: list[str]) -> str:
        expressions = ((name, self._pick(name, f"{name}_raw", f"upper({name})", f"a + {name}")) for name in columns)
        selects = ", ".join(f"{name}={text!r}" for name, text in expressions)
        return (
            f"Query(selects({selects})"
            + self._some(
                (0.9, f"time_column={self._pick('ts', 'unix(ts)', 'a')!r}"),
                (0.9, "start_partition='2021-01-01'"),
                (0.3, f"wheres={self._pick(repr(['x > 1', 'y']), repr(['z']))}"),
                (0.2, "partition_column='dt'"),
                (0.2, "sub_partitions_to_wait_for=['hr=23']"),
            )
            + ")"
        )

    def _source(self, columns: list[str], table: str) -> str:
        if self._random.random() < 0.6:
            further = self._pick("", ", topic='t'", ", is_cumulative=True")
            return f"EventSource('db.{table}', {self._query(columns)}{further})"
        further = self._pick("", ", mutation_table='m'")
        return f"EntitySource('db.{table}', {self._query(columns)}{further})"

    def _aggregation(self, columns: list[str]) -> str:
        arguments = [
            repr(self._pick(*columns)),
            f"Operation.{self._pick(*OPERATIONS)}",
            self._pick(*WINDOWS),
            self._pick("None", "None", repr(columns[-1:])),
            self._pick("None", repr({"t": "u"})),
        ]
        return f"Aggregation({', '.join(arguments)})"

    def group_by(self, name: str) -> tuple[str, list[str]]:
        """The source of a GroupBy, and its keys."""
        columns = COLUMNS[: self._random.randint(2, 4)]
        keys = columns[: self._random.randint(1, 2)]
        sources = [self._source(columns, f"{name}_{number}") for number in range(self._random.choice((1, 1, 2)))]
        aggregations = [self._aggregation(columns) for _ in range(self._random.randint(1, 3))]
        derived = self._pick(keys[0], "nope", f"{keys[0]}_sum_7d", f"concat({keys[0]}, {columns[-1]})")
        star = self._pick("Derivation('*', '*'), ", "")
        further = self._some(
            (0.4, f"version={self._random.randint(0, 5)}"),
            (0.3, "online=True"),
            (0.2, f"accuracy=Accuracy.{self._pick('TEMPORAL', 'SNAPSHOT')}"),
            (0.3, f"derivations=[{star}Derivation('z1', '1 + {keys[0]}'), Derivation('z2', {derived!r})]"),
            (0.2, "conf=ConfigProperties(common={'k': 'v'}, modeConfigs={'upload': {'k': 'w'}})"),
        )
        source = f"{name} = GroupBy([{', '.join(sources)}], {keys}, [{', '.join(aggregations)}]{further})\n"
        return source, keys

    def _part(self, name: str, keys: list[str]) -> str:
        mapping = {self._pick("a", "b", "x"): keys[0]}
        return f"JoinPart(f.{name}" + self._some((0.4, "prefix='p'"), (0.3, f"key_mapping={mapping}")) + ")"

    def join(self, name: str, parts: dict[str, list[str]]) -> str:
        """The source of a join of some of the parts."""
        chosen = self._random.sample(sorted(parts), self._random.randint(1, len(parts)))
        left = self._source(["a", "b", "x"][: self._random.randint(2, 3)], name)
        further = self._some(
            (0.3, f"version={self._random.randint(0, 5)}"),
            (0.3, "use_long_names=True"),
            (0.3, "derivations=[Derivation('*', '*'), Derivation('dd', 'a + 1'), Derivation('ee', 'a')]"),
            (0.2, "online=True"),
        )
        return f"{name} = Join({left}, [{', '.join(self._part(part, parts[part]) for part in chosen)}], 'a'{further})\n"


def random_repository(seed: int) -> Files:
    """A repository of up to four GroupBys and two joins."""
    generator, chance = Generator(seed), random.Random(-seed)
    made = {f"g{number}": generator.group_by(f"g{number}") for number in range(chance.randint(1, 4))}
    parts = {name: keys for name, (_, keys) in made.items()}
    joins = [generator.join(f"j{number}", parts) for number in range(chance.randint(0, 2))]
    return {
        "group_bys/shop/f.py": IMPORT + "".join(source for source, _ in made.values()),
        "joins/shop/j.py": IMPORT + "from group_bys.shop import f\n" + "".join(joins),
    }
