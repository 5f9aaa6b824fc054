//! Random cases that dwell on edges: hop boundaries, equal times, special values.

mod definition;
mod values;

use crate::case::{Aggregation, Case, Mode, Resolution, Row, Step};
use chronon_types::time::{DAY, FIVE_MINUTES, HOUR, Millis};
use chronon_types::{DataType, Dialect};
use definition::Column;

/// 2024-03-10T00:00:00Z.
const START: Millis = 1_710_028_800_000;

/// A small seeded generator (splitmix64): the same seed gives the same cases on every machine.
pub struct Rng(u64);

impl Rng {
    /// The generator of case `id` of the run `seed`.
    pub fn new(seed: u64, id: u64) -> Self {
        Self(seed ^ id.wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n.max(1) as u64) as usize
    }

    /// True once in `n`.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of the items.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// A time below `n`.
    fn span(&mut self, n: Millis) -> Millis {
        (self.bits() % n.max(1) as u64) as Millis
    }

    /// −1, 0 or 1.
    fn around(&mut self) -> Millis {
        self.below(3) as Millis - 1
    }
}

/// Case `id` of the run `seed` in a dialect.
pub fn case(dialect: Dialect, seed: u64, id: u64) -> Case {
    let mut rng = Rng::new(seed, id);
    let rng = &mut rng;
    let mut case = match rng.below(10) {
        0..3 => row(rng, dialect, id),
        3..6 => sawtooth(rng, dialect, id),
        6..8 => online(rng, dialect, id),
        8 => tiled(rng, dialect, id),
        _ => many(rng, dialect, id),
    };
    // the fork throws where a percentile has seen nothing but NaN
    if dialect == Dialect::Zipline && case.aggregations.iter().any(|a| a.op == "APPROX_PERCENTILE") {
        let rows = case.rows.iter_mut().chain(&mut case.stream);
        rows.flat_map(|row| &mut row.values).for_each(values::replace_nan);
    }
    case
}

/// How many rows: mostly few, so that a failure is small, and sometimes more than any sketch holds exactly.
fn size(rng: &mut Rng) -> usize {
    if rng.one_in(60) { 1500 } else { *rng.pick(&[0, 1, 3, 10, 30, 30, 60, 60, 400]) }
}

fn row(rng: &mut Rng, dialect: Dialect, id: u64) -> Case {
    let columns = definition::columns(rng, dialect, true);
    let schema = definition::schema(&columns);
    let aggregations = definition::aggregations(rng, dialect, &columns, |_| None);
    let (keys, size) = (1 + rng.below(3), size(rng));
    let deletes = rng.one_in(2) && !definition::refuses_deletes(&schema, &aggregations);
    let mut rows: Vec<Row> = Vec::with_capacity(size);
    while rows.len() < size {
        let before = deletes && rng.one_in(4);
        if before && !rows.is_empty() && !rng.one_in(4) {
            let image = rng.pick(&rows).clone();
            rows.push(Row { before, ..image });
        } else {
            let ts = if rng.one_in(4) && !rows.is_empty() { rng.pick(&rows).ts } else { START + rng.span(DAY) };
            let mut row = values::row(rng, &columns, keys, ts);
            row.before = before;
            rows.push(row);
        }
    }
    let recodes = !aggregations.iter().any(|a| definition::unstorable(&schema, a));
    let steps = steps(rng, size, recodes);
    let queries = (0..=keys as i32).map(|key| (key, 0)).collect();
    Case { id, dialect, mode: Mode::Row { steps }, schema, aggregations, rows, stream: Vec::new(), queries }
}

/// Whether the reference may be unable to store what it has.
pub fn unstorable(case: &Case) -> bool {
    case.aggregations.iter().any(|a| definition::unstorable(&case.schema, a))
}

fn steps(rng: &mut Rng, rows: usize, recodes: bool) -> Vec<Step> {
    (0..rng.below(5))
        .map(|_| match rng.below(5) {
            0 if recodes => Step::Recode,
            0..3 => Step::Merge(rng.below(rows)),
            _ => Step::Update(rng.below(rows)),
        })
        .collect()
}

fn sawtooth(rng: &mut Rng, dialect: Dialect, id: u64) -> Case {
    let resolution = if rng.one_in(4) { Resolution::Daily } else { Resolution::FiveMinute };
    let columns = definition::columns(rng, dialect, false);
    let aggregations =
        definition::aggregations(rng, dialect, &columns, |rng| definition::windows(rng, dialect, resolution));
    // from one hour to eighty days, so that every tail hop sees sparse and dense data
    let span = *rng.pick(&[HOUR, 8 * HOUR, 2 * DAY, 10 * DAY, 40 * DAY, 80 * DAY]);
    let (keys, size) = (1 + rng.below(4), size(rng));
    let mut rows: Vec<Row> = Vec::with_capacity(size);
    for _ in 0..size {
        let ts = match rng.below(6) {
            0 if !rows.is_empty() => rng.pick(&rows).ts,
            _ => edge(rng, START, span),
        };
        rows.push(values::row(rng, &columns, keys, ts));
    }
    // a stable sort: rows of equal key and time keep their order, which is part of the case
    rows.sort_by_key(|r| (r.key, r.ts));
    let windows = lengths(&aggregations);
    let mut queries: Vec<(i32, Millis)> = (0..1 + rng.below(12))
        .map(|_| {
            // keys beyond the rows' keys ask for nothing; one key may have no query
            let key = rng.below(keys + 1) as i32;
            let at = match rng.below(5) {
                0 if !rows.is_empty() => rng.pick(&rows).ts + rng.around(),
                1 if !rows.is_empty() && !windows.is_empty() => {
                    let hop = *rng.pick(&[0, FIVE_MINUTES, HOUR, DAY]);
                    rng.pick(&rows).ts + rng.pick(&windows) + hop + rng.around()
                }
                _ => edge(rng, START, span + DAY),
            };
            (key, if resolution == Resolution::Daily { at / DAY * DAY } else { at })
        })
        .collect();
    queries.sort_unstable();
    let schema = definition::schema(&columns);
    Case { id, dialect, mode: Mode::Sawtooth(resolution), schema, aggregations, rows, stream: Vec::new(), queries }
}

/// A batch, a stream after it and requests: what the three online modes share.
struct Served {
    dialect: Dialect,
    columns: Vec<Column>,
    aggregations: Vec<Aggregation>,
    /// Columns whose lists and maps are stored as they are, and must not have nulls inside.
    whole: Vec<usize>,
    batch_end: Millis,
    rows: Vec<Row>,
    steps: Vec<Step>,
    keys: usize,
    /// How long after the batch rows still come and requests are made.
    span: Millis,
}

fn served(rng: &mut Rng, dialect: Dialect, stored: bool) -> Served {
    let columns = definition::columns(rng, dialect, stored);
    let schema = definition::schema(&columns);
    let (aggregations, whole) = loop {
        let aggregations =
            definition::aggregations(rng, dialect, &columns, |rng| definition::served_windows(rng, dialect));
        let (kept, whole) = definition::storable(&schema, &aggregations);
        // without Avro only ours is stored
        match (stored, kept.is_empty()) {
            (true, true) => {}
            (true, false) => break (kept, whole),
            (false, _) => break (aggregations, whole),
        }
    };
    let batch_end = START + 100 * DAY;
    let windows = lengths(&aggregations);
    let (keys, size) = (1 + rng.below(3), size(rng));
    let mut rows: Vec<Row> = Vec::with_capacity(size);
    let history = *rng.pick(&[HOUR, DAY, 4 * DAY, 20 * DAY, 90 * DAY]);
    for _ in 0..size {
        let ts = match rng.below(8) {
            0 if !rows.is_empty() => rng.pick(&rows).ts,
            // the ends of the window, of the part that moves, and of the batch
            1 if !windows.is_empty() => batch_end - rng.pick(&windows) + rng.around(),
            2 if !windows.is_empty() => batch_end - rng.pick(&windows) + 2 * DAY + rng.around(),
            3 if rng.one_in(4) => batch_end + rng.around(),
            _ => edge(rng, batch_end - history, history),
        };
        // the last key has no batch
        rows.push(values::row(rng, &columns, keys.max(2) - 1, ts));
    }
    let steps = steps(rng, size, false);
    let span = *rng.pick(&[HOUR, 8 * HOUR, DAY, 2 * DAY, 5 * DAY]);
    Served { dialect, columns, aggregations, whole, batch_end, rows, steps, keys, span }
}

impl Served {
    fn stream(&self, rng: &mut Rng) -> Vec<Row> {
        let mut stream: Vec<Row> = Vec::new();
        for _ in 0..*rng.pick(&[0, 1, 5, 20, 60]) {
            let ts = match rng.below(6) {
                0 if !stream.is_empty() => rng.pick(&stream).ts,
                1 => self.batch_end + rng.around(),
                _ => edge(rng, self.batch_end, self.span),
            };
            stream.push(values::row(rng, &self.columns, self.keys, ts));
        }
        if rng.one_in(2) {
            stream.sort_by_key(|r| r.ts);
        }
        stream
    }

    /// The images of changed rows, of the batch and of the stream.
    fn mutations(&self, rng: &mut Rng, deletes: bool) -> Vec<Row> {
        let mut stream = self.stream(rng);
        for i in 0..stream.len() {
            let known: Vec<&Row> = self.rows.iter().chain(&stream[..i]).collect();
            if !known.is_empty() && rng.one_in(2) {
                stream[i] = (*rng.pick(&known)).clone();
                stream[i].before = deletes && !rng.one_in(4);
            }
            stream[i].mutated = match rng.below(8) {
                0 => self.batch_end + rng.around(),
                1 => stream[i].ts,
                _ => edge(rng, self.batch_end.max(stream[i].ts), self.span),
            };
        }
        stream
    }

    fn queries(&self, rng: &mut Rng, stream: &[Row]) -> Vec<(i32, Millis)> {
        let windows = lengths(&self.aggregations);
        let query = |rng: &mut Rng| {
            let at = match rng.below(6) {
                0 => self.batch_end + rng.around(),
                1 if !stream.is_empty() => rng.pick(stream).ts + rng.around(),
                2 if !stream.is_empty() => rng.pick(stream).mutated + rng.around(),
                3 if !windows.is_empty() && !self.rows.is_empty() => {
                    let hop = *rng.pick(&[0, FIVE_MINUTES, HOUR, DAY]);
                    rng.pick(&self.rows).ts + rng.pick(&windows) + hop + rng.around()
                }
                _ => edge(rng, self.batch_end, self.span + HOUR),
            };
            (rng.below(self.keys + 1) as i32, at.clamp(self.batch_end, self.batch_end + 9 * DAY))
        };
        (0..1 + rng.below(8)).map(|_| query(rng)).collect()
    }

    fn case(mut self, id: u64, mode: Mode, mut stream: Vec<Row>, queries: Vec<(i32, Millis)>) -> Case {
        for row in self.rows.iter_mut().chain(&mut stream) {
            for column in &self.whole {
                values::drop_nulls(&mut row.values[*column], &self.columns[*column].data_type);
            }
        }
        let schema = definition::schema(&self.columns);
        let dialect = self.dialect;
        Case { id, dialect, mode, schema, aggregations: self.aggregations, rows: self.rows, stream, queries }
    }
}

fn online(rng: &mut Rng, dialect: Dialect, id: u64) -> Case {
    let served = served(rng, dialect, true);
    let reversals = rng.one_in(2);
    let schema = definition::schema(&served.columns);
    let deletes = !definition::refuses_deletes(&schema, &served.aggregations);
    let stream = if reversals { served.mutations(rng, deletes) } else { served.stream(rng) };
    let queries = served.queries(rng, &stream);
    let newest_batch =
        (dialect == Dialect::Airbnb && rng.one_in(3)).then(|| edge(rng, served.batch_end - HOUR, served.span));
    let mode = Mode::Online { steps: served.steps.clone(), batch_end: served.batch_end, newest_batch, reversals };
    served.case(id, mode, stream, queries)
}

fn tiled(rng: &mut Rng, dialect: Dialect, id: u64) -> Case {
    let served = served(rng, dialect, true);
    let stream = served.stream(rng);
    let queries = served.queries(rng, &stream);
    let tile = *rng.pick(&[FIVE_MINUTES, FIVE_MINUTES, HOUR, DAY]);
    let mode = Mode::Tiled { steps: served.steps.clone(), batch_end: served.batch_end, tile };
    served.case(id, mode, stream, queries)
}

fn many(rng: &mut Rng, dialect: Dialect, id: u64) -> Case {
    let served = served(rng, dialect, false);
    let schema = definition::schema(&served.columns);
    let deletes = !definition::refuses_deletes(&schema, &served.aggregations);
    let mut stream = served.mutations(rng, deletes);
    stream.sort_by_key(|r| r.mutated);
    let mut queries = served.queries(rng, &stream);
    queries.sort_unstable();
    let mode = Mode::Many { steps: served.steps.clone(), batch_end: served.batch_end };
    served.case(id, mode, stream, queries)
}

/// A time within `span` of `from`, often on or next to the start of a hop.
fn edge(rng: &mut Rng, from: Millis, span: Millis) -> Millis {
    let ts = from + rng.span(span);
    let hop = *rng.pick(&[1, 1, FIVE_MINUTES, HOUR, DAY]);
    ts / hop * hop + if hop > 1 { rng.around() } else { 0 }
}

/// The lengths of all bounded windows.
fn lengths(aggregations: &[Aggregation]) -> Vec<Millis> {
    aggregations.iter().flat_map(|a| a.windows.iter().flatten().filter_map(|w| w.millis())).collect()
}

/// The type of an element or of an entry's value, or the type itself.
fn element(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::List(of) | DataType::Map(_, of) => of,
        other => other,
    }
}
