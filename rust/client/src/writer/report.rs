//! Report of a finished writer: where its rows and files are, in numbers, and in words what went wrong on
//! this disk.

use super::Writer;
use super::status::FinishReport;
use crate::progress::Known;

impl Writer {
    /// The report at the end, of `accepted` rows in all.
    pub(super) fn report(&self, known: &Known, accepted: u64) -> FinishReport {
        let uploads = !self.destination.is_empty();
        let (rows, sampled_rows) = (known.spooled_rows - known.gone_rows, known.reported_sampled);
        let lost_rows = accepted.saturating_sub(rows + sampled_rows);
        let unsent_rows = if uploads { rows.saturating_sub(known.row_counts.rows_until(known.acked)) } else { 0 };
        let is_there = known.is_there && (known.looks >= known.look_wanted || known.syncer_done);
        let files = &known.files;
        let (unsent_files, lost_files) = (if uploads { files.unsent() } else { 0 }, files.lost + files.waiting());
        // What could not be stored was said when it was logged, and in the run.
        let without_room = lost_rows.saturating_sub(known.reported_refused);
        let here = known.spool_closed && without_room + lost_files == 0;
        let complete = here && (!uploads || known.upload_done && known.acked >= known.spooled && unsent_files == 0);
        let mut sentences = Vec::new();
        if known.gone_rows > 0 {
            let place = self.root.join(self.stream.to_string());
            sentences.push(format!("{} rows are lost: {} was removed or replaced.", known.gone_rows, place.display()));
        }
        if without_room > known.gone_rows {
            let lost_rows = without_room - known.gone_rows;
            let why = if known.disk_trouble.is_empty() { "the time was over" } else { &known.disk_trouble };
            sentences.push(format!("{lost_rows} rows are lost: {why}."));
        } else if !known.spool_closed {
            sentences.push(format!("The spool could not be synced: {}.", known.disk_trouble));
        }
        if lost_files > 0 {
            let why = if files.loss.is_empty() { "the time was over" } else { &files.loss };
            sentences.push(format!("{lost_files} files are lost: {why}."));
        }
        FinishReport {
            complete,
            rows,
            sampled_rows,
            lost_rows,
            rejected_rows: known.rejected,
            refused_rows: known.reported_refused,
            is_there,
            unsent_rows,
            files: files.stored,
            unsent_files,
            lost_files,
            message: sentences.join(" "),
        }
    }
}
