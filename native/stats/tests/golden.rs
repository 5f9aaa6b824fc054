//! Known answers of the reference's statistics, of both dialects (`tests/golden/stats-vectors.txt`), each compared.

#![allow(clippy::unwrap_used)] // a panic is the failure report

use chronon_aggregate::OperationKind;
use chronon_sketches::kll::{KllSketch, Ranks};
use chronon_stats::distance::{
    EPSILON, jensen_shannon, jensen_shannon_of, l_infinity, population_stability, squared_hellinger,
    squared_hellinger_of,
};
use chronon_stats::{
    Bins, Expression, IGNORED, LOW_CARDINALITY, MERGED_GRID, Metric, SERIES_GRID, StatsPlan, enhanced_metrics, metrics,
    numeric_metrics, series_value,
};
use chronon_types::{DataType, Field};
use std::collections::HashMap;

const VECTORS: &str = include_str!("../../../tests/golden/stats-vectors.txt");

/// Lines that start with these words, as their other words.
fn lines(head: &str) -> Vec<Vec<&'static str>> {
    let rest = VECTORS.lines().filter_map(|line| line.strip_prefix(head)?.strip_prefix(' '));
    rest.map(|line| line.split(' ').collect()).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn sketch(hex: &str) -> KllSketch {
    KllSketch::from_bytes(&bytes(hex)).unwrap()
}

fn double(hex: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(hex, 16).unwrap())
}

/// The columns of `StatsVectors.java`, in its order.
fn fields() -> Vec<Field> {
    let types = [
        "string",
        "double",
        "bool",
        "int",
        "byte",
        "short",
        "float",
        "long",
        "binary",
        "date",
        "timestamp",
        "list_double",
        "map_string_long",
    ];
    let others = ["ts", "ds", "date_key", "date", "datestamp", "Upper", "é", "_under"];
    let typed = types.iter().map(|text| Field::new(format!("z_{text}"), DataType::parse(text).unwrap()));
    typed.chain(others.map(|name| Field::new(name, DataType::Long))).collect()
}

/// A metric as the vectors write it.
fn words(metric: &Metric) -> Vec<String> {
    let expression = match metric.expression {
        Expression::Raw => "Raw",
        Expression::IsNull => "IsNull",
        Expression::IsZero => "IsZero",
        Expression::RawToString => "RawToString",
        Expression::One => "One",
    };
    let suffix = if metric.suffix.is_empty() { "-" } else { metric.suffix };
    let spec = metric.spec(0);
    let arguments: Vec<String> =
        spec.args.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', ""))).collect();
    let arguments = if arguments.is_empty() { "-".to_owned() } else { format!("{{{}}}", arguments.join(",")) };
    vec![metric.column.clone(), expression.into(), metric.operation.name().into(), suffix.into(), arguments]
}

#[test]
fn the_file_is_complete() {
    let counts =
        ["metric", "column", "distance", "quantiles", "nothing"].map(|kind| lines(&format!("airbnb {kind}")).len());
    assert_eq!(counts, [25, 25, 40, 8, 6]);
    assert_eq!((lines("zipline metric").len(), lines("zipline drift").len()), (57, 12));
}

#[test]
fn grids_and_ignored_columns() {
    for dialect in ["airbnb", "zipline"] {
        let numbers = |kind: &str| {
            lines(&format!("{dialect} {kind}"))[0].iter().map(|n| n.parse().unwrap()).collect::<Vec<f64>>()
        };
        assert_eq!(numbers("merged"), MERGED_GRID);
        assert_eq!(numbers("series"), SERIES_GRID);
        assert_eq!(lines(&format!("{dialect} ignored"))[0], IGNORED);
    }
}

#[test]
fn metrics_of_every_type() {
    for (dialect, ours) in [("airbnb", metrics(&fields())), ("zipline", numeric_metrics(&fields()))] {
        let ours: Vec<Vec<String>> = ours.iter().map(words).collect();
        assert_eq!(ours, lines(&format!("{dialect} metric")), "{dialect}");
    }
}

/// The fork lists operations that it cannot compute for some types, and fails on them when a job runs.
#[test]
fn enhanced_metrics_are_those_that_can_be_computed() {
    for share in [LOW_CARDINALITY, 0.5] {
        let shares: HashMap<String, f64> = fields().iter().map(|field| (field.name.clone(), share)).collect();
        let ours: Vec<Vec<String>> = enhanced_metrics(&fields(), &shares, LOW_CARDINALITY).iter().map(words).collect();
        let theirs = lines(&format!("zipline enhanced {share}"));
        let left_out: Vec<_> = theirs.iter().filter(|line| !ours.iter().any(|metric| metric == *line)).collect();
        let impossible = |name: &str, operation: &str| {
            matches!(name, "z_byte" | "z_date" | "z_timestamp") || (name == "z_binary" && operation == "HISTOGRAM")
        };
        assert!(left_out.iter().all(|line| impossible(line[0], line[2])), "{left_out:?}");
        let theirs: Vec<_> = theirs.iter().filter(|line| !left_out.contains(line)).collect();
        assert_eq!(ours.iter().collect::<Vec<_>>(), theirs, "share {share}");
        let plan = StatsPlan::new(fields(), enhanced_metrics(&fields(), &shares, LOW_CARDINALITY)).unwrap();
        assert_eq!(plan.definitions().len(), ours.len());
    }
}

#[test]
fn columns_are_called_as_the_reference_calls_them() {
    for (dialect, metrics) in [("airbnb", metrics(&fields())), ("zipline", numeric_metrics(&fields()))] {
        let plan = StatsPlan::new(fields(), metrics).unwrap();
        let describe = |definition: &chronon_aggregate::Definition| {
            let output = &definition.output;
            vec![output.name.clone(), output.data_type.to_string(), definition.ir_type().to_string()]
        };
        let ours: Vec<Vec<String>> = plan.definitions().iter().map(describe).collect();
        assert_eq!(ours, lines(&format!("{dialect} column")), "{dialect}");
    }
}

#[test]
fn distances_between_sketches() {
    for (dialect, bins) in [("airbnb", Bins::airbnb()), ("zipline", Bins::zipline())] {
        for line in lines(&format!("{dialect} distance")) {
            let (a, b, name) = (sketch(line[1]), sketch(line[2]), line[0]);
            let far = l_infinity(&a, &b, &bins).unwrap().unwrap();
            assert_eq!(far, double(line[3]), "{dialect} {name}: L-infinity");
            let psi = population_stability(&a, &b, &bins, EPSILON).unwrap().unwrap();
            let expected = double(line[4]);
            assert!((psi - expected).abs() <= 1e-12 * expected, "{dialect} {name}: {psi}, not {expected}");
        }
    }
}

#[test]
fn sketches_without_values_have_no_distance() {
    for line in lines("airbnb nothing").iter().filter(|line| line[0] != "null" && line[1] != "null") {
        let (a, b, bins) = (sketch(line[0]), sketch(line[1]), Bins::airbnb());
        assert_eq!(line[2], "NullPointerException", "what the reference answers");
        assert_eq!(l_infinity(&a, &b, &bins).unwrap(), None);
        assert_eq!(population_stability(&a, &b, &bins, EPSILON).unwrap(), None);
        assert_eq!(jensen_shannon(&a, &b, &bins).unwrap(), None);
        assert_eq!(squared_hellinger(&a, &b, &bins).unwrap(), None);
    }
}

/// Equal sketches are 0 apart, and sketches without a value in common as far as can be.
#[test]
fn divergences_of_sketches_have_their_range() {
    for line in lines("airbnb distance") {
        let (a, b, bins) = (sketch(line[1]), sketch(line[2]), Bins::zipline());
        let both =
            |a, b| (jensen_shannon(a, b, &bins).unwrap().unwrap(), squared_hellinger(a, b, &bins).unwrap().unwrap());
        let (near, (js, hellinger)) = (both(&a, &a), both(&a, &b));
        assert!(near.0 < 1e-15 && near.1 < 1e-15, "{near:?}");
        assert!(js > 0.0 && js <= 2f64.ln() + 1e-15 && hellinger > 0.0 && hellinger <= 1.0, "{js} {hellinger}");
        if line[0].ends_with("-4") {
            assert!((js - 2f64.ln()).abs() < 1e-15 && hellinger == 1.0, "{}: {js} {hellinger}", line[0]);
        }
        assert_eq!(both(&b, &a), (js, hellinger), "neither has a direction");
    }
}

#[test]
fn series_show_quantiles() {
    for (dialect, ranks) in [("airbnb", Ranks::Exclusive), ("zipline", Ranks::Inclusive)] {
        for line in lines(&format!("{dialect} quantiles")) {
            let values = series_value("x_approx_percentile", &bytes(line[1]), ranks).unwrap().unwrap();
            let expected: Vec<u32> = line[2..].iter().map(|bits| u32::from_str_radix(bits, 16).unwrap()).collect();
            let values: Vec<u32> = values.iter().map(|value| value.to_bits()).collect();
            assert_eq!(values, expected, "{dialect} {}", line[0]);
        }
    }
}

/// The fork's distances between histograms, of the same shares.
#[test]
fn divergences_of_shares() {
    for line in lines("zipline drift") {
        let shares = |counts: &str| {
            let counts: Vec<f64> = counts.split(',').map(|count| count.parse().unwrap()).collect();
            let total: f64 = counts.iter().sum();
            counts.iter().map(|count| count / total).collect::<Vec<f64>>()
        };
        let (p, q) = (shares(line[1]), shares(line[2]));
        let ours = match line[0] {
            "JENSEN_SHANNON" => jensen_shannon_of(&p, &q),
            _ => squared_hellinger_of(&p, &q),
        };
        assert!((ours - double(line[3])).abs() < 1e-14, "{line:?}: {ours}, not {}", double(line[3]));
    }
}

#[test]
fn impossible_metrics_are_refused() {
    let fields = vec![Field::new("s", DataType::String)];
    let mut wrong = metrics(&fields);
    wrong[0].column = "t".to_owned();
    assert!(StatsPlan::new(fields.clone(), wrong).unwrap_err().message().contains("no column t"));
    let mut wrong = metrics(&fields);
    (wrong[0].expression, wrong[0].operation) = (Expression::Raw, OperationKind::Sum);
    assert!(StatsPlan::new(fields, wrong).unwrap_err().message().contains("SUM takes"));
}
