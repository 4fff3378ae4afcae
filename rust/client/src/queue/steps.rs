//! Rules of steps: the step that a call of `log` writes to. They are applied on the caller, so that `step`
//! can be read and a refusal can be raised at once.

use stepwell_model::Step;

/// The step of the next row, and whether a row is being collected for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// The current step.
    pub current: Step,
}

/// The place of a row among the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its step.
    pub step: Step,
    /// True if it ends the step: nothing more is collected for it.
    pub commit: bool,
    /// The steps after it.
    pub next: Steps,
    /// True if its step lies before the current one.
    pub regress: bool,
}

impl Steps {
    /// Places a row: without a step at the current one, which it ends unless `commit` says no; with the
    /// current or a later step there, collecting unless `commit` says yes; with an earlier step there, as a
    /// row of its own.
    #[inline]
    pub fn place(self, step: Option<Step>, commit: Option<bool>) -> Placed {
        let at = step.unwrap_or(self.current);
        if at < self.current {
            return Placed { step: at, commit: true, next: self, regress: true };
        }
        let commit = commit.unwrap_or(step.is_none());
        let next = Self { current: if commit { at.saturating_add(1) } else { at } };
        Placed { step: at, commit, next, regress: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_steps_hold() {
        let start = Steps { current: 0 };
        for (step, commit, at, ends, current) in [
            (None, None, 0, true, 1),
            (None, Some(false), 0, false, 0),
            (None, Some(true), 0, true, 1),
            (Some(0), None, 0, false, 0),
            (Some(5), None, 5, false, 5),
            (Some(5), Some(true), 5, true, 6),
            (Some(-1), None, -1, true, 0),
            (Some(-1), Some(false), -1, true, 0),
            (Some(i64::MAX), Some(true), i64::MAX, true, i64::MAX),
        ] {
            let placed = start.place(step, commit);
            assert_eq!((placed.step, placed.commit, placed.next.current), (at, ends, current), "{step:?} {commit:?}");
            assert_eq!(placed.regress, at < 0);
        }
    }
}
