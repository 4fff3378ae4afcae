//! Damage of every kind with fixed seeds, against an oracle that knows every row: what is read is what was
//! written, what is missing is counted, everything else is answered, and the store goes on (A5).

mod original;

use original::*;
use std::collections::BTreeMap;
use std::fs;
use stepwell_model::Value;
use stepwell_store::conformance::compact_all;
use stepwell_store::conformance::stream::{TestStream, row};
use stepwell_store::{AppendOutcome, Store};
use stepwell_store_sqlite::{FILE_NAME, OnDamage, OpenError, Settings, SqliteStore, check, repair};

#[test]
fn damage_costs_what_is_damaged_and_is_said() {
    let closed = Original::new(true);
    let open = Original::new(false);
    let pages = closed.file.len() / PAGE;
    let mut table: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut random = Random(1);
    let mut trial = |kind: &'static str, original: &Original, damage: &mut Damage<'_>| {
        let (mut file, mut log) = (original.file.clone(), original.log.clone());
        damage(&mut random, &mut file, &mut log);
        let tally = table.entry(kind).or_default();
        original.trial(&format!("{kind} {}", tally.trials), &file, &log, tally);
    };
    for _ in 0..110 {
        trial("a flipped bit", &closed, &mut |random, file, _| {
            let at = random.below(file.len());
            file[at] ^= 1 << random.below(8);
        });
    }
    for page in 0..pages {
        trial("a zeroed page", &closed, &mut |_, file, _| file[page * PAGE..][..PAGE].fill(0));
    }
    for _ in 0..40 {
        trial("a page of garbage", &closed, &mut |random, file, _| {
            let page = random.below(pages);
            file[page * PAGE..][..PAGE].iter_mut().for_each(|byte| *byte = random.next() as u8);
        });
    }
    for _ in 0..20 {
        trial("a page in place of another", &closed, &mut |random, file, _| {
            let (from, to) = (random.below(pages), random.below(pages));
            file.copy_within(from * PAGE..(from + 1) * PAGE, to * PAGE);
        });
    }
    for at in 0..30 {
        trial("a file cut off", &closed, &mut |random, file, _| {
            let len = match at {
                0..5 => [0, 1, 50, 100, PAGE][at],
                _ => 1 + random.below(file.len() - 1),
            };
            file.truncate(len);
        });
    }
    let counts = page_of(&closed.file, "streams");
    for at in 0..16 {
        trial("cut off among the counts", &closed, &mut |_, file, _| file.truncate(counts * PAGE + at * PAGE / 16));
    }
    for _ in 0..40 {
        trial("a flipped bit of the log", &open, &mut |random, _, log| {
            let at = random.below(log.len());
            log[at] ^= 1 << random.below(8);
        });
    }
    for _ in 0..30 {
        trial("zeros in the log", &open, &mut |random, _, log| {
            let at = random.below(log.len() - PAGE);
            log[at..at + 4_096].fill(0);
        });
    }
    for _ in 0..20 {
        trial("file and log", &open, &mut |random, file, log| {
            let at = random.below(log.len());
            log[at] ^= 1 << random.below(8);
            let at = random.below(file.len());
            file[at] ^= 1 << random.below(8);
        });
    }
    let mut trials = 0;
    table.iter().for_each(|(kind, tally)| println!("{kind}: {tally:?}"));
    for (kind, tally) in &table {
        trials += tally.trials;
        // The last transaction of a log may be one that a power cut tore: it is left out, and that is said
        // where nobody asks.
        let last = if kind.contains("log") { 2 } else { 0 };
        assert!(tally.unsaid <= last, "{kind}: {tally:?}");
    }
    assert!(trials >= 300, "{trials}");
    assert_eq!(table["a flipped bit"].gone_runs + table["a zeroed page"].gone_runs + table["a page of garbage"].gone_runs, 0);
    // One row of `others` or `columns` at the most; a block has 450 rows.
    assert!(table["a flipped bit"].most_missing <= 450, "{table:?}");
}

#[test]
fn a_check_names_every_damaged_page_and_a_repair_ends_it() {
    let original = Original::new(true);
    let directory = folder();
    put(directory.path(), &original.file, &[]);
    let sound = check(directory.path()).unwrap();
    assert!(sound.problems.is_empty(), "{:?}", sound.problems);
    assert_eq!(sound.durable.len(), usize::from(RUNS));
    assert!(repair(directory.path()).unwrap().is_empty());
    assert_eq!(fs::read(directory.path().join(FILE_NAME)).unwrap(), original.file, "a sound store stays as it is");
    let mut noticed = 0;
    for page in 0..original.file.len() / PAGE {
        let mut file = original.file.clone();
        file[page * PAGE + 1234] ^= 4;
        put(directory.path(), &file, &[]);
        let found = check(directory.path()).unwrap().problems;
        noticed += usize::from(!found.is_empty());
        assert!(found.is_empty() || found[0].contains(&format!("page {}", page + 1)), "{page}: {found:?}");
        assert_eq!(fs::read(directory.path().join(FILE_NAME)).unwrap(), file, "a check changes nothing");
        if page % 9 == 0 {
            repair(directory.path()).unwrap();
            assert!(check(directory.path()).unwrap().problems.is_empty(), "{page}");
        }
    }
    // The others are free.
    assert!(noticed * 3 > original.file.len() / PAGE, "{noticed}");
}

#[test]
fn a_page_that_no_query_reads_is_mended_when_the_store_is_opened() {
    let original = Original::new(true);
    for page in 0..original.file.len() / PAGE {
        let directory = folder();
        let mut file = original.file.clone();
        file[page * PAGE..][..PAGE].fill(0);
        put(directory.path(), &file, &[]);
        drop(SqliteStore::open_with(directory.path(), eager()).unwrap());
        let checked = check(directory.path()).unwrap();
        assert!(checked.problems.is_empty(), "page {}: {:?}", page + 1, checked.problems);
    }
}

#[test]
fn pages_behind_the_first_ones_are_looked_at_in_turns() {
    let directory = folder();
    let store = SqliteStore::open_with(directory.path(), eager()).unwrap();
    let mut stream = stream_of(0);
    store.open_stream(stream.id, &stream.opening).unwrap();
    let mut random = Random(1);
    for step in 0..40 {
        let bytes = (0..1 << 20).map(|_| random.next() as u8).collect();
        let frame = stream.frame(&[row(step, &[("b", Value::Bin(bytes))])]);
        store.append(&[frame]).unwrap();
    }
    compact_all(&store);
    drop(store);
    let store = SqliteStore::open_with(directory.path(), eager()).unwrap();
    let mut turns = 1;
    while store.look_through().unwrap() {
        turns += 1;
    }
    assert!(turns > 1 && store.recoveries().unwrap().is_empty(), "{turns}");
    drop(store);
    let path = directory.path().join(FILE_NAME);
    let mut file = fs::read(&path).unwrap();
    let first = file.len() / PAGE * 3 / 4;
    (first..file.len() / PAGE).for_each(|page| file[page * PAGE + 4_000] ^= 1);
    fs::write(&path, &file).unwrap();
    let store = SqliteStore::open_with(directory.path(), eager()).unwrap();
    assert!(store.recoveries().unwrap().is_empty(), "it is not read to its end before it is open");
    while store.look_through().unwrap() {}
    assert_eq!(store.recoveries().unwrap().len(), 1);
    let checked = check(directory.path()).unwrap();
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    assert!(store.run(&run_path(0), 0).unwrap().loss.lost_rows > 0);
}

#[test]
fn the_damaged_file_is_kept_beside_the_new_one_if_anything_is_lost() {
    let original = Original::new(true);
    let directory = folder();
    let cut = &original.file[..original.file.len() / 2];
    put(directory.path(), cut, &[]);
    let refused = SqliteStore::open_with(directory.path(), Settings { on_damage: OnDamage::Refuse, ..eager() });
    assert!(matches!(refused, Err(OpenError::Damaged { .. })));
    let store = SqliteStore::open_with(directory.path(), eager()).unwrap();
    assert_eq!(store.recoveries().unwrap().len(), 1);
    let names = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let kept: Vec<String> = names.filter(|name| name.starts_with("store.sqlite.damaged-")).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(fs::read(directory.path().join(&kept[0])).unwrap(), cut);
}

#[test]
fn damage_under_a_living_store_is_met_by_one_and_mended_for_all() {
    let directory = folder();
    drop(write(directory.path(), true));
    let stores = [(); 2].map(|()| SqliteStore::open_with(directory.path(), eager()).unwrap());
    let mut streams: Vec<TestStream> = (0..RUNS).map(stream_of).collect();
    let before = read(&stores[0], &run_path(0)).unwrap().1;
    let path = directory.path().join(FILE_NAME);
    let mut file = fs::read(&path).unwrap();
    for page in 1..file.len() / PAGE {
        file[page * PAGE + 4_000] ^= 1;
    }
    fs::write(&path, &file).unwrap();
    for (store, run) in stores.iter().cycle().zip((0..RUNS).chain(0..RUNS)) {
        let stream = &mut streams[usize::from(run)];
        let durable = store.open_stream(stream.id, &stream.opening).unwrap();
        assert!(durable >= 4 + 600, "{durable}");
        stream.next = durable + 1;
        let frame = stream.numbers("a", &[(20_000 + i64::from(run), 1.0)]);
        assert_eq!(store.append(&[frame]), Ok(vec![AppendOutcome::Durable(durable + 1)]));
    }
    for store in &stores {
        let (info, known) = read(store, &run_path(0)).unwrap();
        let missing = before.rows.iter().filter(|(step, cells)| known.rows.get(step) != Some(cells)).count() as u64;
        assert!(known.rows.contains_key(&20_000) && missing <= info.loss.lost_rows, "{missing} {}", info.loss.lost_rows);
    }
}
