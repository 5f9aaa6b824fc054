//! The plan itself.

use crate::avro_schema;
use crate::decode::{self, GroupBy};
use crate::options::Options;
use crate::unpack::{self, Part};
use chronon_aggregate::{AggregationSpec, Definition, Resolution, Window};
use chronon_types::time::Millis;
use chronon_types::{DataType, Dialect, Error, Field, Result};
use serde::Serialize;
use std::collections::HashMap;

/// One output column.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// What to compute and what comes out; its indexes are those of [`Plan::inputs`].
    pub definition: Definition,
    /// Index of the aggregation that asked for it, within the GroupBy.
    pub aggregation: usize,
    /// The step by which the tail of the window moves; `None` when there is no bounded window.
    pub tail_hop: Option<Millis>,
}

impl Output {
    /// Name and type of the column.
    pub fn field(&self) -> &Field {
        &self.definition.output
    }

    /// The bounded window, if there is one.
    pub fn window(&self) -> Option<Window> {
        self.definition.spec.bounded_window()
    }
}

/// What a session over windows is opened with: the arguments of the window crate's own plan.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowParts {
    /// The columns of every batch of events, after group and time.
    pub inputs: Vec<Field>,
    /// One specification per output column, in order; their indexes are those of `inputs`.
    pub specs: Vec<AggregationSpec>,
    /// How finely tails move.
    pub resolution: Resolution,
}

/// What serving is opened with: the arguments of the window crate's own plan for it.
#[derive(Debug, Clone, PartialEq)]
pub struct OnlineParts {
    /// The columns of every batch of rows.
    pub inputs: Vec<Field>,
    /// Every aggregation without its windows, once per bucket, and its windows; `None` is everything.
    pub bases: Vec<(AggregationSpec, Vec<Option<Window>>)>,
}

/// A checked definition: immutable, and shared freely between threads.
#[derive(Debug, Clone)]
pub struct Plan {
    name: String,
    dialect: Dialect,
    resolution: Resolution,
    inputs: Vec<Field>,
    outputs: Vec<Output>,
}

impl Plan {
    /// Checks a GroupBy, given as bytes of Thrift's binary protocol, against options such as
    /// `{"dialect":"airbnb","resolution":"daily","columns":[{"name":"amount","type":"double"}]}`. A type is
    /// the JSON form of [`DataType`]. With `"strict":false` estimates may be better than the reference's.
    ///
    /// # Errors
    /// - `CorruptData`: the bytes are not a GroupBy.
    /// - `InvalidArgument`: the options are not of the agreed form.
    /// - `InvalidPlan`: anything else in the definition that cannot be run; says which definition, aggregation and
    ///   column, what was found and what would be right.
    ///
    /// One error names everything that is wrong with the aggregations.
    pub fn open(group_by: &[u8], options: &str) -> Result<Self> {
        let group_by = decode::decode(group_by)?;
        let plan = Options::parse(options).and_then(|options| Builder::new(&options).build(&group_by));
        plan.map_err(|error| error.within(format!("definition {}", group_by.name)))
    }

    /// The definition's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How finely window tails move.
    pub fn resolution(&self) -> Resolution {
        self.resolution
    }

    /// The columns that are read: buckets and inputs of the aggregations, each once, in order of first use.
    pub fn inputs(&self) -> &[Field] {
        &self.inputs
    }

    /// The members of a streamed row, each once: per aggregation its buckets, then its input. The same columns as
    /// [`Self::inputs`], where an aggregation has several buckets in another order.
    pub fn row_members(&self) -> Vec<&Field> {
        let mut members: Vec<&Field> = Vec::new();
        let mut add = |field| {
            if !members.contains(&field) {
                members.push(field);
            }
        };
        for outputs in self.outputs.chunk_by(|one, next| one.aggregation == next.aggregation) {
            outputs.iter().filter_map(|output| output.definition.bucket.as_ref()).for_each(&mut add);
            outputs.iter().map(|output| &output.definition.input).for_each(&mut add);
        }
        members
    }

    /// The columns that are computed, by aggregation, then bucket, then window.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// What can be run but is not what its author may think: windows that are no multiple of the step by which their
    /// tails move.
    pub fn warnings(&self) -> Vec<String> {
        let warning = |output: &Output| {
            let (window, hop) = output.window().zip(output.tail_hop)?;
            (window.millis() % hop != 0).then(|| {
                format!(
                    "definition {}: the window of `{}` is no multiple of {hop} ms, the step of its tail; when it is served, \
                     rows near the tail may be missing, or count twice beside a window that is one, so prefer a multiple",
                    self.name,
                    output.field().name
                )
            })
        };
        self.outputs.iter().filter_map(warning).collect()
    }

    /// What a session over windows is opened with.
    pub fn window_plan(&self) -> WindowParts {
        WindowParts {
            inputs: self.inputs.clone(),
            specs: self.outputs.iter().map(|output| output.definition.spec.clone()).collect(),
            resolution: self.resolution,
        }
    }

    /// What serving is opened with.
    pub fn online_plan(&self) -> OnlineParts {
        let mut bases: Vec<(AggregationSpec, Vec<Option<Window>>)> = Vec::new();
        let mut last = None;
        for output in &self.outputs {
            let spec = &output.definition.spec;
            let base = Some((output.aggregation, spec.bucket));
            if base != last {
                bases.push((AggregationSpec { window: None, ..spec.clone() }, Vec::new()));
                last = base;
            }
            bases.iter_mut().last().into_iter().for_each(|(_, windows)| windows.push(spec.window));
        }
        OnlineParts { inputs: self.inputs.clone(), bases }
    }

    /// One accumulator per aggregation and bucket, whatever their windows: its name and its type.
    fn base_columns(&self) -> Vec<Field> {
        let mut columns = Vec::new();
        let mut last = None;
        for output in &self.outputs {
            let Definition { spec, input, bucket, .. } = &output.definition;
            let base = Some((output.aggregation, spec.bucket));
            if base != last {
                let base = AggregationSpec { window: None, ..spec.clone() };
                let name = base.output_name(&input.name, bucket.as_ref().map(|bucket| bucket.name.as_str()));
                columns.push(Field::new(name, output.definition.ir_type()));
                last = Some((output.aggregation, spec.bucket));
            }
        }
        columns
    }

    /// The Avro schema, as JSON, of the stored batch part of a key: record `<name>_IR` (aggregator sheet §8.3).
    ///
    /// # Errors
    /// `InvalidPlan` naming the column whose type or name cannot be stored.
    ///
    /// ```
    /// # use chronon_plan::{Plan, definitions::{Aggregation, GroupBy, MetaData, Operation}};
    /// # use thrift::protocol::{TBinaryOutputProtocol, TSerializable};
    /// # let meta = MetaData { name: Some("team.group_by.v1".to_owned()), ..Default::default() };
    /// # let sum = Aggregation::new("amount".to_owned(), Operation::SUM, None, None, None, None);
    /// # let group_by = GroupBy { meta_data: Some(meta), aggregations: Some(vec![sum]), ..Default::default() };
    /// # let mut bytes = Vec::new();
    /// # group_by.write_to_out_protocol(&mut TBinaryOutputProtocol::new(&mut bytes, true)).unwrap();
    /// let options = r#"{"dialect":"airbnb","resolution":"five_minute","columns":[{"name":"amount","type":"double"}]}"#;
    /// let plan = Plan::open(&bytes, options).unwrap();
    /// assert!(plan.batch_ir_schema().unwrap().starts_with(r#"{"type":"record","name":"team_group_by_v1_IR","#));
    /// ```
    pub fn batch_ir_schema(&self) -> Result<String> {
        let name = format!("{}_IR", avro_schema::clean(&self.name));
        avro_schema::schema(self.dialect, &name, &self.batch_ir_members())
    }

    /// What a batch IR is made of.
    fn batch_ir_members(&self) -> [Field; 2] {
        let windowed = self.outputs.iter().map(|output| Field::new(&output.field().name, output.definition.ir_type()));
        let mut hop = self.base_columns();
        if self.dialect == Dialect::Zipline {
            // the fork tells equal names of base columns apart; in the other dialect the schema does
            let mut seen: HashMap<String, usize> = HashMap::new();
            for column in &mut hop {
                let times = seen.entry(column.name.clone()).or_default();
                if *times > 0 {
                    column.name = format!("{}_{times}", column.name);
                }
                *times += 1;
            }
        }
        hop.push(Field::new("ts", DataType::Long));
        let list = |of| DataType::List(Box::new(of));
        [
            Field::new("collapsedIr", DataType::Struct("WindowedIr".to_owned(), windowed.collect())),
            Field::new("tailHopIrs", list(list(DataType::Struct("HopIr".to_owned(), hop)))),
        ]
    }

    /// The Avro schema, as JSON, of a stored tile: record `<name>_TILE_IR` (aggregator sheet §8.4).
    ///
    /// # Errors
    /// `InvalidPlan` naming the column whose type or name cannot be stored.
    pub fn tile_ir_schema(&self) -> Result<String> {
        let members = [
            Field::new("collapsedIr", DataType::Struct("WindowedIr".to_owned(), self.base_columns())),
            Field::new("isComplete", DataType::Boolean),
        ];
        avro_schema::schema(self.dialect, &format!("{}_TILE_IR", avro_schema::clean(&self.name)), &members)
    }

    /// The inputs, the outputs and the members of a batch IR as a JSON object, for hosts.
    pub fn describe(&self) -> String {
        let outputs = self.outputs.iter().map(|output| OutputText {
            field: output.field(),
            aggregation: output.aggregation,
            bucket: output.definition.bucket.as_ref().map(|bucket| bucket.name.as_str()),
            window: output.window().map(WindowText::from),
        });
        let text = PlanText { inputs: &self.inputs, outputs: outputs.collect(), batch_ir: self.batch_ir_members() };
        // Strings and numbers always serialize; a default keeps the signature free of an error that cannot be.
        serde_json::to_string(&text).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct PlanText<'a> {
    inputs: &'a [Field],
    outputs: Vec<OutputText<'a>>,
    batch_ir: [Field; 2],
}

#[derive(Serialize)]
struct OutputText<'a> {
    #[serde(flatten)]
    field: &'a Field,
    aggregation: usize,
    bucket: Option<&'a str>,
    window: Option<WindowText>,
}

#[derive(Serialize)]
struct WindowText {
    length: i32,
    unit: &'static str,
}

impl From<Window> for WindowText {
    fn from(window: Window) -> Self {
        Self { length: window.length, unit: window.unit.name() }
    }
}

/// A plan in the making.
struct Builder<'a> {
    options: &'a Options,
    inputs: Vec<Field>,
    outputs: Vec<Output>,
    /// Index of the aggregation that has taken each name.
    names: HashMap<String, usize>,
}

impl<'a> Builder<'a> {
    fn new(options: &'a Options) -> Self {
        Self { options, inputs: Vec::new(), outputs: Vec::new(), names: HashMap::new() }
    }

    fn build(mut self, group_by: &GroupBy) -> Result<Plan> {
        if group_by.aggregations.is_empty() {
            return Err(Error::unsupported(
                "there are no aggregations; such a definition passes columns through and needs no plan",
            ));
        }
        let mut problems = Vec::new();
        for (index, aggregation) in group_by.aggregations.iter().enumerate() {
            for part in unpack::parts(index, aggregation, self.options.dialect, self.outputs.len(), &mut problems) {
                if let Err(error) = self.add(&part) {
                    let problem = error.within(part.describe());
                    // What is wrong with a column is wrong with it in every window.
                    if !problems.contains(&problem) {
                        problems.push(problem);
                    }
                }
            }
        }
        match Error::all(problems) {
            Some(error) => Err(error),
            None => Ok(Plan {
                name: group_by.name.clone(),
                dialect: self.options.dialect,
                resolution: self.options.resolution,
                inputs: self.inputs,
                outputs: self.outputs,
            }),
        }
    }

    fn add(&mut self, part: &Part<'_>) -> Result<()> {
        let bucket = part.bucket.map(|bucket| self.bucket(bucket)).transpose()?;
        let input = self.input(part.input)?;
        let definition = Definition::new(&part.spec(input, bucket, self.options.strict), &self.inputs)?;
        let window = definition.spec.bounded_window();
        let tail_hop = window.map(|window| self.options.resolution.tail_hop(&window)).transpose()?;
        let name = &definition.output.name;
        if let Some(other) = self.names.insert(name.clone(), part.aggregation) {
            return Err(Error::invalid_plan(format!(
                "two outputs are called `{name}`, this one and one of aggregation {other}; arguments do not show in \
                 names, so give one of the two a column of its own in the selects"
            )));
        }
        self.outputs.push(Output { definition, aggregation: part.aggregation, tail_hop });
        Ok(())
    }

    fn bucket(&mut self, name: &str) -> Result<usize> {
        let index = self.input(name)?;
        match &self.inputs[index].data_type {
            DataType::String => Ok(index),
            other => Err(Error::invalid_plan(format!(
                "bucket column `{name}` is of type {other}; buckets are strings, so cast it in the selects"
            ))),
        }
    }

    /// The index of an input, added when this is its first use.
    fn input(&mut self, name: &str) -> Result<usize> {
        if let Some(index) = self.inputs.iter().position(|field| field.name == name) {
            return Ok(index);
        }
        self.inputs.push(Field::new(name, self.options.column_type(name)?));
        Ok(self.inputs.len() - 1)
    }
}
