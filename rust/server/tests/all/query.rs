//! Queries over gRPC against a real server.

use crate::rig::{Rig, opening, row};
use stepwell_codec::msgpack;
use stepwell_model::{Entry, Opening, Row, Value};
use stepwell_proto::v1;
use stepwell_store::RowBatch;
use stepwell_store::row::{Cells, RowColumn};
use tonic::{Code, Streaming};

fn path(run: &str) -> Option<v1::RunPath> {
    Some(v1::RunPath { entity: "local".into(), project: "digits".into(), run: run.into() })
}

fn filled(steps: i64) -> Rig {
    let rig = Rig::new();
    let rows: Vec<Entry> = (0..steps)
        .map(|step| {
            let loss = if step == 123 { -5.0 } else { step as f64 };
            row(step, &[("loss", Value::Float(loss)), ("nested", Value::Map(vec![("k".into(), Value::Int(step))]))])
        })
        .collect();
    rig.store(1, &opening("r"), &rows);
    rig
}

fn rows(rig: &Rig, mut stream: Streaming<v1::RowBatch>) -> Vec<(String, Row)> {
    let mut all = Vec::new();
    while let Some(batch) = rig.runtime.block_on(stream.message()).unwrap() {
        all.extend(decoded(&batch).rows().map(|row| (batch.label.clone(), row)));
    }
    all
}

fn raw(array: &v1::Array) -> Vec<u8> {
    match array.form.as_ref().unwrap() {
        v1::array::Form::Plain(bytes) => bytes.to_vec(),
        v1::array::Form::Zstd(packed) => stepwell_codec::pack::unpack(packed, 64 << 20).unwrap(),
    }
}

fn words<const N: usize>(array: &v1::Array) -> impl Iterator<Item = [u8; N]> {
    let bytes = raw(array);
    assert_eq!(bytes.len() % N, 0);
    bytes.chunks(N).map(|word| word.try_into().unwrap()).collect::<Vec<_>>().into_iter()
}

fn decoded(batch: &v1::RowBatch) -> RowBatch {
    let bit = |row: usize| batch.sampled.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1);
    let column = |column: &v1::RowColumn| RowColumn {
        key: column.key.as_str().into(),
        rows: column.rows.as_ref().map(|rows| words(rows).map(u32::from_le_bytes).collect()),
        cells: match column.cells.as_ref().unwrap() {
            v1::row_column::Cells::Ints(cells) => Cells::Ints(words(cells).map(i64::from_le_bytes).collect()),
            v1::row_column::Cells::Floats(cells) => Cells::Floats(words(cells).map(f64::from_le_bytes).collect()),
            v1::row_column::Cells::Values(cells) => match msgpack::from_bytes(&raw(cells)).unwrap() {
                Value::List(cells) => Cells::Values(cells),
                other => panic!("{other:?}"),
            },
        },
    };
    RowBatch {
        steps: words(batch.steps.as_ref().unwrap()).map(i64::from_le_bytes).collect(),
        times: words(batch.times.as_ref().unwrap()).map(i64::from_le_bytes).collect(),
        sampled: (0..batch.rows as usize).map(bit).collect(),
        columns: batch.columns.iter().map(column).collect(),
    }
}

#[test]
fn status_projects_runs_and_keys_are_listed() {
    let rig = filled(5);
    let mut query = rig.query();
    rig.runtime.block_on(async {
        let status = query.get_status(v1::GetStatusRequest {}).await.unwrap().into_inner();
        assert_eq!((status.mode.as_str(), status.directory.as_str()), ("server", "/data"));
        assert_eq!(query.list_projects(v1::ListProjectsRequest {}).await.unwrap().into_inner().projects[0].name, "digits");
        let request = v1::ListRunsRequest { entity: "local".into(), project: "digits".into(), ..v1::ListRunsRequest::default() };
        let runs = query.list_runs(request).await.unwrap().into_inner();
        assert_eq!((runs.total, runs.runs.len()), (1, 1));
        let run = query.get_run(v1::GetRunRequest { path: path("r"), summary_limit: 0 }).await.unwrap().into_inner();
        assert_eq!(run, runs.runs[0]);
        assert_eq!(msgpack::from_bytes(&run.summary).unwrap().get("nested.k"), Some(&Value::Int(4)));
        let request = v1::ListKeysRequest { entity: "local".into(), project: "digits".into(), ..v1::ListKeysRequest::default() };
        let keys = query.list_keys(request).await.unwrap().into_inner().keys;
        assert_eq!(keys.iter().map(|key| key.key.as_str()).collect::<Vec<_>>(), ["loss", "nested.k"]);
    });
}

#[test]
fn what_is_not_there_or_makes_no_sense_has_its_code() {
    let rig = filled(1);
    let mut query = rig.query();
    rig.runtime.block_on(async {
        let missing = query.get_run(v1::GetRunRequest { path: path("none"), summary_limit: 0 }).await.unwrap_err();
        assert_eq!(missing.code(), Code::NotFound);
        assert!(missing.message().contains("none"), "{}", missing.message());
        assert_eq!(query.get_run(v1::GetRunRequest { path: None, summary_limit: 0 }).await.unwrap_err().code(), Code::InvalidArgument);
        let sample = v1::SampleRowsRequest { in_columns: true, path: path("r"), samples: 0, ..Default::default() };
        assert_eq!(query.sample_rows(sample).await.unwrap_err().code(), Code::InvalidArgument);
        let scan = v1::ScanRowsRequest { in_columns: true, path: path("none"), ..Default::default() };
        let error = query.scan_rows(scan).await.unwrap().into_inner().message().await.unwrap_err();
        assert_eq!(error.code(), Code::NotFound);
    });
}

#[test]
fn a_scan_returns_every_row_in_order() {
    let rig = filled(20_000);
    let mut query = rig.query();
    let mut scan = |request| rows(&rig, rig.runtime.block_on(query.scan_rows(request)).unwrap().into_inner());
    let all = scan(v1::ScanRowsRequest { in_columns: true, path: path("r"), ..Default::default() });
    assert_eq!(all.len(), 20_000);
    assert!(all.iter().enumerate().all(|(index, (_, row))| row.step == index as i64));
    assert!(all[7].1.cells.contains(&("nested.k".into(), Value::Int(7))));
    let some = scan(v1::ScanRowsRequest {
        in_columns: true,
        path: path("r"),
        keys: vec!["loss".into()],
        min_step: Some(5),
        max_step: Some(8),
        ..Default::default()
    });
    assert_eq!(some.iter().map(|(_, row)| row.step).collect::<Vec<_>>(), [5, 6, 7]);
    assert!(some.iter().all(|(_, row)| row.cells.iter().all(|(key, _)| key != "nested.k")));
    assert!(
        scan(v1::ScanRowsRequest { in_columns: true, path: path("r"), min_step: Some(5), max_step: Some(5), ..Default::default() })
            .is_empty()
    );
}

#[test]
fn columns_come_packed_where_that_is_worth_it_and_values_of_every_sort_beside_each_other() {
    let rig = Rig::new();
    let noise = |step: i64| f64::from_bits((step as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 2);
    let sort = |step: i64| match step % 3 {
        0 => Value::Int(step),
        1 => Value::Float(-0.0),
        _ => Value::Str(format!("row {step}")),
    };
    let cells = |step: i64| [("noise", Value::Float(noise(step))), ("one", Value::Int(1)), ("sorts", sort(step))];
    let rows_of = |some: std::ops::Range<i64>| some.map(|step| row(step, &cells(step))).collect::<Vec<Entry>>();
    rig.store(1, &opening("r"), &rows_of(0..3_000));
    let request = v1::ScanRowsRequest { in_columns: true, path: path("r"), ..Default::default() };
    let mut stream = rig.runtime.block_on(rig.query().scan_rows(request)).unwrap().into_inner();
    let batch = rig.runtime.block_on(stream.message()).unwrap().unwrap();
    assert_eq!((batch.rows, decoded(&batch).len()), (3_000, 3_000));
    for row in decoded(&batch).rows() {
        let found: Vec<_> =
            row.cells.iter().filter(|(key, _)| key != "_runtime").map(|(key, value)| (key.as_str(), value.clone())).collect();
        assert_eq!(found, cells(row.step));
    }
    let is_packed = |column: &v1::RowColumn| {
        let (v1::row_column::Cells::Ints(cells) | v1::row_column::Cells::Floats(cells) | v1::row_column::Cells::Values(cells)) =
            column.cells.as_ref().unwrap();
        (column.key.clone(), matches!(cells.form, Some(v1::array::Form::Zstd(_))))
    };
    let packed: Vec<_> = batch.columns.iter().map(is_packed).filter(|(key, _)| key == "noise" || key == "one").collect();
    assert_eq!(packed, [("noise".to_owned(), false), ("one".to_owned(), true)]);
}

#[test]
fn a_scan_of_all_labels_names_them() {
    let rig = Rig::new();
    for rank in 0..2u8 {
        let opening = Opening { label: rank.to_string(), rank: Some(rank.into()), ..opening("r") };
        rig.store(rank, &opening, &[row(0, &[("loss", Value::Int(rank.into()))])]);
    }
    let request = v1::ScanRowsRequest { in_columns: true, path: path("r"), label: Some("*".into()), ..Default::default() };
    let all = rows(&rig, rig.runtime.block_on(rig.query().scan_rows(request)).unwrap().into_inner());
    assert_eq!(all.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>(), ["0", "1"]);
}

#[test]
fn a_sample_is_the_same_every_time_and_holds_the_extremes() {
    let rig = filled(5_000);
    let request = v1::SampleRowsRequest { in_columns: true, path: path("r"), keys: vec!["loss".into()], label: None, samples: 100 };
    let mut query = rig.query();
    let mut sample = || rows(&rig, rig.runtime.block_on(query.sample_rows(request.clone())).unwrap().into_inner());
    let (one, other) = (sample(), sample());
    assert_eq!(one, other);
    let steps: Vec<i64> = one.iter().map(|(_, row)| row.step).collect();
    assert!((100..=104).contains(&steps.len()), "{}", steps.len());
    assert!(steps.is_sorted());
    assert!([0, 123, 4_999].iter().all(|step| steps.contains(step)));
}

#[test]
fn series_come_as_columns_of_bytes() {
    let rig = filled(5_000);
    let request = v1::GetSeriesRequest {
        entity: "local".into(),
        project: "digits".into(),
        series: vec![
            v1::SeriesSelector { run: "r".into(), key: "loss".into(), label: None },
            v1::SeriesSelector { run: "none".into(), key: "loss".into(), label: None },
        ],
        buckets: 100,
        ..Default::default()
    };
    let reply = rig.runtime.block_on(rig.query().get_series(request)).unwrap().into_inner();
    assert_eq!(reply.bucket_width, 64.0);
    let series = &reply.series[0];
    assert_eq!((series.points, series.exact, series.x.len(), series.count.len()), (5_000, false, 79 * 8, 79 * 4));
    assert_eq!((reply.series[1].points, reply.series[1].x.len()), (0, 0));
}
