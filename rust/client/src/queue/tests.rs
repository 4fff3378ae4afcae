//! Tests of the queue: order, bounds, samples, idle and frozen queues.

use super::*;

const NO_WAIT: Duration = Duration::ZERO;

fn kinds(batch: &Batch) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for chunk in &batch.chunks {
        let mut offset = 0;
        while let Some((item, next)) = item::read(chunk, offset) {
            kinds.push(item.kind);
            offset = next;
        }
    }
    kinds
}

#[test]
fn records_come_out_in_the_order_they_went_in() {
    let queue = Queue::new(1 << 20, OnFull::Raise);
    let key = queue.define_key("loss");
    let shape = queue.define_shape(&[key]);
    queue.push_row(0, 1, true, shape, &[1]).unwrap();
    queue.push_row(1, 1, false, shape, &[1]).unwrap();
    queue.push_entry(Entry::Config { time: 0, set: vec![], deleted: vec![] }).unwrap();
    let batch = queue.take(NO_WAIT, false);
    assert_eq!(kinds(&batch), [Kind::Key, Kind::Shape, Kind::Row, Kind::Part, Kind::Entry]);
    assert_eq!((batch.statements.len(), queue.accepted()), (1, 2));
}

#[test]
fn what_is_queued_and_taken_stays_within_the_capacity() {
    let queue = Queue::new(1 << 20, OnFull::Raise);
    let shape = queue.define_shape(&[]);
    let row = vec![0; 1_000];
    let mut accepted = 0;
    while queue.push_row(0, 0, true, shape, &row).is_ok() {
        accepted += 1;
    }
    assert!(queue.held_bytes() <= 1 << 20 && accepted >= 1_000);
    let batch = queue.take(NO_WAIT, false);
    assert_eq!(queue.push_row(0, 0, true, shape, &row), Err(PushError::Full), "taken is not released");
    assert!(!queue.wait_for_room(1_000, Duration::from_millis(5)));
    assert_eq!(queue.define_key("a key is never refused"), 0);
    queue.push_entry(Entry::Config { time: 0, set: vec![], deleted: vec![] }).unwrap();
    for chunk in batch.chunks {
        queue.release(chunk, 0);
    }
    assert!(queue.wait_for_room(1_000, Duration::from_millis(5)));
    queue.push_row(0, 0, true, shape, &row).unwrap();
}

#[test]
fn a_sample_stands_where_the_refusals_ended() {
    let queue = Queue::new(10_000, OnFull::Sample);
    let key = queue.define_key("loss");
    let shape = queue.define_shape(&[key]);
    for step in 0..1_000 {
        queue.push_row(step, 0, true, shape, &[7]).unwrap();
    }
    let batch = queue.take(NO_WAIT, false);
    let queued = kinds(&batch).iter().filter(|&&kind| kind == Kind::Row).count();
    batch.chunks.into_iter().for_each(|chunk| queue.release(chunk, 0));
    queue.push_row(1_000, 0, true, shape, &[7]).unwrap();
    let batch = queue.take(NO_WAIT, false);
    assert_eq!(kinds(&batch), [Kind::Shed, Kind::Row]);
    assert_eq!(queued as u64 + batch.samplers[0].rows(), 1_000);
    assert_eq!(queue.accepted(), 1_001);
}

#[test]
fn a_row_larger_than_a_chunk_passes_and_one_larger_than_a_frame_does_not() {
    let queue = Queue::new(64 << 20, OnFull::Sample);
    let shape = queue.define_shape(&[]);
    queue.push_row(0, 0, true, shape, &vec![0; 3 * CHUNK_BYTES]).unwrap();
    assert_eq!(queue.push_row(0, 0, true, shape, &vec![0; limits::ROW_BYTES]), Err(PushError::TooLarge));
    assert_eq!(kinds(&queue.take(NO_WAIT, false)), [Kind::Shape, Kind::Row]);
}

#[test]
fn a_closed_queue_refuses() {
    let queue = Queue::new(1 << 20, OnFull::Sample);
    let shape = queue.define_shape(&[]);
    queue.close();
    assert_eq!(queue.push_row(0, 0, true, shape, &[]), Err(PushError::Closed));
    assert!(queue.take(Duration::from_secs(60), false).closed, "a closed queue does not wait");
}

#[test]
fn the_first_record_calls_an_idle_worker() {
    let queue = Arc::new(Queue::new(1 << 20, OnFull::Sample));
    let shape = queue.define_shape(&[]);
    queue.take(NO_WAIT, false);
    let other = Arc::clone(&queue);
    let worker = std::thread::Builder::new().name("worker".into()).spawn(move || other.take(Duration::from_secs(60), true)).unwrap();
    while !queue.state.lock().idle {
        std::thread::yield_now();
    }
    queue.push_row(0, 0, true, shape, &[]).unwrap();
    assert_eq!(kinds(&worker.join().unwrap()), [Kind::Row]);
}

#[test]
fn a_frozen_queue_accepts_no_row_until_it_thaws() {
    let queue = Arc::new(Queue::new(1 << 20, OnFull::Sample));
    let shape = queue.define_shape(&[]);
    queue.push_row(0, 0, true, shape, &[]).unwrap();
    queue.freeze();
    let other = Arc::clone(&queue);
    let caller = std::thread::Builder::new().name("caller".into()).spawn(move || other.push_row(1, 0, true, shape, &[])).unwrap();
    // Whatever happens meanwhile, it is not accepted.
    let barrier = queue.push_barrier(true);
    assert_eq!((queue.accepted(), barrier), (1, 1));
    queue.thaw();
    caller.join().unwrap().unwrap();
    assert_eq!(queue.accepted(), 2);
}

#[test]
fn a_refused_row_is_accepted_and_said_where_it_was() {
    let queue = Queue::new(1 << 20, OnFull::Raise);
    let shape = queue.define_shape(&[]);
    queue.refuse_row(Refusal::TooLarge).unwrap();
    queue.push_row(0, 0, true, shape, &[]).unwrap();
    assert_eq!(kinds(&queue.take(NO_WAIT, false)), [Kind::Shape, Kind::Refused, Kind::Row]);
    assert_eq!(queue.accepted(), 2);
}

#[test]
fn a_statement_that_no_frame_holds_is_refused_at_the_door() {
    let queue = Queue::new(64 << 20, OnFull::Sample);
    let mut random = 1u64;
    let noise = std::iter::repeat_with(|| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 56) as u8
    });
    let config = |value| Entry::Config { time: 0, set: vec![("x".into(), value)], deleted: vec![] };
    let noise = stepwell_model::Value::Bin(noise.take(5 << 20).collect());
    assert_eq!(queue.push_entry(config(noise)), Err(PushError::TooLarge));
    queue.push_entry(config(stepwell_model::Value::Bin(vec![7; 5 << 20]))).unwrap();
}

#[test]
fn empty_chunks_are_kept_while_they_are_used_and_no_longer() {
    let queue = Queue::new(4 << 20, OnFull::Raise);
    let shape = queue.define_shape(&[]);
    let spare = || queue.state.lock().spare.len();
    let burst = || {
        while queue.push_row(0, 0, true, shape, &[0; 1_000]).is_ok() {}
        let batch = queue.take(NO_WAIT, false);
        let chunks = batch.chunks.len();
        batch.chunks.into_iter().for_each(|chunk| queue.release(chunk, 0));
        chunks
    };
    let chunks = burst();
    assert!(chunks >= 15, "the burst fills the queue: {chunks}");
    assert!((chunks - 1..=16).contains(&spare()), "what it took is kept: {}", spare());
    queue.state.lock().unused_chunks();
    burst();
    let least = queue.state.lock().unused_chunks().len();
    assert!(least <= 1 && spare() >= chunks - 2, "a second burst uses them: {least} were not");
    queue.state.lock().unused_chunks();
    assert_eq!(spare(), 0, "nothing came");
    burst();
}

#[test]
fn while_rows_pile_up_empty_chunks_are_made_within_the_capacity() {
    let queue = Queue::new(4 << 20, OnFull::Raise);
    let shape = queue.define_shape(&[]);
    for _ in 0..(3 * CHUNK_BYTES / 1_000) {
        queue.push_row(0, 0, true, shape, &[0; 1_000]).unwrap();
    }
    let batch = queue.take(NO_WAIT, false);
    let spare = queue.state.lock().spare.len();
    assert_eq!((batch.chunks.len(), spare), (4, 8));
    assert!(queue.state.lock().spare.iter().all(|chunk| chunk.is_empty() && chunk.capacity() == CHUNK_BYTES));
    while queue.push_row(0, 0, true, shape, &[0; 1_000]).is_ok() {}
    queue.take(NO_WAIT, false);
    assert_eq!(queue.state.lock().spare.len(), 2, "a full queue has as many as it needs to be taken from");
}
